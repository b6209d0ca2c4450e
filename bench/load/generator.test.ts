import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type RequestListener } from "node:http";
import { after, before, test } from "node:test";
import { LoadGenerator } from "./generator.ts";
import type { Job, Outcome, Shot } from "./protocol.ts";

const load = new LoadGenerator();
const words = Array.from({ length: 200 }, (_, i) => `data: {"choices":[{"delta":{"content":" word${i}"}}]}\n\n`);
let origin = "";
let served = 0;

const paths: Readonly<Record<string, RequestListener>> = {
  "/right": (_, response) => response.end(`${words.join("")}data: [DONE]\n\n`),
  "/unended": (_, response) => response.end(words.join("")),
  "/cut": (_, response) => {
    response.write(words[0]);
    setImmediate(() => response.destroy());
  },
  "/error": (_, response) => response.writeHead(500).end("no"),
  "/open": (_, response) => void response.write(words[0]),
  "/silent": () => {},
};
const server = createServer((request, response) => {
  served++;
  request.resume();
  request.on("end", () => paths[request.url ?? ""]?.(request, response));
});

before(async () => {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address !== null && typeof address === "object") origin = `http://127.0.0.1:${address.port}`;
});

after(async () => {
  await load.stop();
  server.closeAllConnections();
  server.close();
});

function run(path: string, parts: Partial<Job & Shot> = {}): Promise<Outcome> {
  const shot: Shot = { path, headers: {}, body: "{}", expect: "chat-stream", abort: parts.abort ?? false };
  return load.run({ origin, connections: 4, requests: 20, shots: [shot], limitMs: 10_000, ...parts });
}

test("right replies are counted and timed, and no more are asked for than wanted", async () => {
  served = 0;
  const outcome = await run("/right", { requests: 50 });
  assert.deepEqual([outcome.right, outcome.aborted, outcome.failed, served], [50, 0, 0, 50]);
  assert.ok((outcome.p50 ?? 0) > 0 && (outcome.p99 ?? 0) >= (outcome.p50 ?? 0));
});

test("a stream without its end, one cut off and an error are failures, with the reason", async () => {
  for (const [path, reason] of [
    ["/unended", /the last event is missing/],
    ["/cut", /Error/],
    ["/error", /status 500/],
  ] as const) {
    const outcome = await run(path);
    assert.equal(outcome.failed, 20, path);
    assert.match(outcome.failures[0] ?? "", reason);
  }
});

test("calls left on purpose are no failures, nor successes", async () => {
  const outcome = await run("/open", { abort: true });
  assert.deepEqual([outcome.right, outcome.aborted, outcome.failed], [0, 20, 0]);
});

test("a server that never answers fails the job instead of hanging it", async () => {
  const outcome = await run("/silent", { limitMs: 200 });
  assert.equal(outcome.failed, 20);
  assert.match(outcome.failures[0] ?? "", /20 requests without an answer/);
});
