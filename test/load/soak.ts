import { Agent, request } from "node:http";
import { startChildStack } from "../e2e/reliability/child-stack.ts";
import { chunk, head, type RawRequest, sse, startRawUpstream, whole, wholeStream } from "../e2e/reliability/raw-upstream.ts";
import { streamOf } from "../e2e/reliability/streams.ts";
import { percentile } from "./open-loop.ts";

/* reliability.md R26: many calls of all kinds, and afterwards everything is as it was. */

export interface SoakSize {
  readonly calls: number;
  /** How often the process is looked at on the way. */
  readonly looks: number;
}

export interface SoakFigures {
  readonly outcomes: { readonly [outcome: string]: number };
  /** What is still in use after collection, by look: calls so far, megabytes. */
  readonly held: readonly (readonly [number, number])[];
  /** Growth of it over the last four fifths, in megabytes per 100,000 calls. */
  readonly slope: number;
  /** Median and 95th percentile of whole calls' milliseconds in the first third after warming up, and in the last. */
  readonly first: readonly [number, number];
  readonly last: readonly [number, number];
  readonly filesBefore: number;
  readonly filesAfter: number;
  /** What keeps the process awake, before and after, where the two differ. */
  readonly leftOver: readonly string[];
  readonly rows: number;
  readonly attempts: number;
}

/** Of a hundred calls: 5 are left by their callers, 1 comes to a provider that fails, 1 to one that breaks off. */
function kindOf(index: number): {
  readonly model: string;
  readonly stream: boolean;
  readonly leave: boolean;
  readonly wire: "openai" | "anthropic";
} {
  const place = index % 100;
  return {
    model: place === 7 ? "oai/fails" : place === 57 ? "oai/breaks" : "oai/fine",
    stream: index % 3 !== 0 || place === 57,
    leave: place % 20 === 11,
    wire: index % 2 === 0 ? "openai" : "anthropic",
  };
}

const provider = ({ model, path, body, socket }: RawRequest): void => {
  const stream = streamOf(path);
  if (model === "fails")
    socket.write(whole(503, '{"error":{"message":"busy","type":"server_error"}}', { "retry-after-ms": "1" }));
  else if (model === "breaks") {
    socket.write(Buffer.concat([Buffer.from(head(200, sse)), ...stream.frames.slice(0, stream.preamble + 2).map(chunk)]));
    setImmediate(() => socket.destroy());
  } else socket.write(body["stream"] === true ? wholeStream(stream.frames) : whole(200, stream.reply));
};

export async function soak({ calls, looks }: SoakSize, tell: (line: string) => void): Promise<SoakFigures> {
  const upstream = await startRawUpstream(provider);
  let attempts = 0;
  const stack = await startChildStack({ upstream: upstream.url, keys: false });
  const agent = new Agent({ keepAlive: true, maxSockets: 32 });
  const outcomes: { [outcome: string]: number } = {};
  const held: [number, number][] = [];
  const early: number[] = [];
  const late: number[] = [];
  const one = async (index: number): Promise<void> => {
    const began = performance.now();
    const outcome = await ask(agent, stack.address, index);
    outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
    if (index < calls / 10) return;
    if (index < (calls * 4) / 10) early.push(performance.now() - began);
    else if (index > (calls * 7) / 10) late.push(performance.now() - began);
  };
  let next = 0;
  const run = async (until: number): Promise<void> => {
    const lane = async (): Promise<void> => {
      while (next < until) await one(next++);
    };
    await Promise.all(Array.from({ length: 32 }, lane));
  };
  try {
    // Whatever is made once and kept is made by the first calls.
    await run(Math.ceil(calls / 20));
    await settle(agent);
    const before = await stack.stats();
    for (let look = 1; look <= looks; look++) {
      await run(Math.ceil((calls * look) / looks));
      const { heldBytes, rssBytes } = await stack.stats();
      held.push([next, heldBytes / 2 ** 20]);
      tell(`${next} calls: ${(heldBytes / 2 ** 20).toFixed(1)} MB held, ${(rssBytes / 2 ** 20).toFixed(0)} MB RSS`);
    }
    await settle(agent);
    const after = await stack.stats();
    for (const model of ["fine", "fails", "breaks"]) attempts += upstream.count(model);
    const rows = (await stack.ledger()).length;
    const kinds = new Set([...Object.keys(before.resources), ...Object.keys(after.resources)]);
    return {
      outcomes,
      held,
      slope: slope(held.filter(([done]) => done >= calls / 5)) * 100_000,
      first: [percentile(early, 0.5), percentile(early, 0.95)],
      last: [percentile(late, 0.5), percentile(late, 0.95)],
      filesBefore: before.files,
      filesAfter: after.files,
      leftOver: [...kinds]
        .filter((kind) => before.resources[kind] !== after.resources[kind])
        .map((kind) => `${kind}: ${before.resources[kind] ?? 0} → ${after.resources[kind] ?? 0}`),
      rows,
      attempts,
    };
  } finally {
    agent.destroy();
    await stack.close();
    await upstream.close();
  }
}

/** Callers hang up, and idle connections to the provider run out of time. */
async function settle(agent: Agent): Promise<void> {
  agent.destroy();
  await new Promise((resume) => setTimeout(resume, 6000));
}

function ask(agent: Agent, address: string, index: number): Promise<string> {
  const { model, stream, leave, wire } = kindOf(index);
  const body = JSON.stringify({
    model,
    messages: [{ role: "user", content: `call ${index}` }],
    max_tokens: 10,
    ...(stream && { stream }),
  });
  return new Promise((resolve) => {
    const call = request(`${address}${wire === "openai" ? "/v1/chat/completions" : "/v1/messages"}`, {
      agent,
      method: "POST",
      headers: {
        "content-type": "application/json",
        "content-length": Buffer.byteLength(body),
        "anthropic-version": "2023-06-01",
      },
    });
    call.on("error", () => resolve(leave ? "left" : "no answer"));
    call.on("response", (response) => {
      let last = "";
      response.on("error", () => resolve(leave ? "left" : "broken"));
      response.on("data", (piece: Buffer) => {
        if (leave) call.destroy();
        last = piece.toString("latin1");
      });
      response.on("end", () => {
        const told = stream && response.statusCode === 200 && /"error"/.test(last) ? "error event" : "";
        resolve(`${response.statusCode} ${told}`.trim());
      });
    });
    call.end(body);
    if (leave && index % 40 === 11) setImmediate(() => call.destroy());
  });
}

function slope(points: readonly (readonly [number, number])[]): number {
  const mean = (of: (point: readonly [number, number]) => number): number =>
    points.reduce((sum, point) => sum + of(point), 0) / points.length;
  const [x, y] = [mean(([x]) => x), mean(([, y]) => y)];
  const over = points.reduce((sum, [px, py]) => sum + (px - x) * (py - y), 0);
  return over / points.reduce((sum, [px]) => sum + (px - x) ** 2, 0);
}
