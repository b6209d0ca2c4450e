import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { callerKey, type Front, startFront } from "./front.ts";
import { head, open } from "./wire.ts";

/* S4, S7: what nobody with a key has sent costs next to nothing. */

const json = "Content-Type: application/json";
const line = "POST /v1/chat/completions HTTP/1.1";
const right = `Authorization: Bearer ${callerKey}`;
/** Node reads 64 KB at a time, and once more while the answer is on its way. */
const mostRead = 128 * 1024;
const block = Buffer.alloc(64 * 1024, "x");

/** Sends the head and then blocks until the connection takes no more; gives what was answered. */
async function push(
  front: Front,
  start: string,
  most: number,
): Promise<{ readonly statuses: readonly number[]; readonly text: string }> {
  const connection = open(front.port);
  const { socket } = connection;
  socket.write(start);
  let sent = 0;
  const pump = (): void => {
    while (!socket.destroyed && sent < most) {
      sent += block.length;
      if (!socket.write(block)) {
        socket.once("drain", pump);
        return;
      }
    }
  };
  pump();
  assert.equal(await connection.ended(), true, "the connection is closed");
  return { statuses: connection.statuses(), text: connection.text() };
}

describe("S4, S7: who has no key", { timeout: 60_000 }, () => {
  let front: Front;
  before(async () => {
    front = await startFront({ bodyBytes: 32 * 1024 * 1024 });
  });
  after(() => front.close());

  const keys = ["", "Authorization: Bearer pg-wrong"];
  const sizes: readonly (readonly [string, string])[] = [
    ["a body of 1 GB", "Content-Length: 1073741824"],
    ["a body that says it is small and is not", "Content-Length: 10"],
    ["a body without an end", "Transfer-Encoding: chunked"],
  ];
  for (const [name, size] of sizes) {
    it(`has little of ${name} read`, async (t) => {
      for (const key of keys) {
        const before = front.bytesTaken();
        const chunk = size.startsWith("Transfer") ? "40000000\r\n" : "";
        const { statuses } = await push(front, head(line, [json, size, ...(key === "" ? [] : [key])]) + chunk, 1024 ** 3);
        assert.equal(statuses[0], 401);
        const read = front.bytesTaken() - before;
        t.diagnostic(`${name}, ${key === "" ? "no key" : "a wrong key"}: ${read} bytes read`);
        assert.ok(read <= mostRead, `${read} bytes`);
      }
    });
  }

  it("is not asked to go on with what it announced", async () => {
    for (const more of [
      [],
      ["Authorization: Bearer pg-wrong"],
      ["Content-Type: text/plain", `Authorization: Bearer ${callerKey}`],
    ]) {
      const connection = open(front.port);
      connection.socket.write(head(line, ["Content-Length: 1000000", "Expect: 100-continue", ...more]));
      assert.equal(await connection.ended(), true);
      assert.deepEqual(connection.statuses().length, 1);
      assert.notEqual(connection.statuses()[0], 100);
    }
    const welcome = open(front.port);
    welcome.socket.write(head(line, [json, "Content-Length: 55", "Expect: 100-continue", right]));
    assert.equal(await welcome.wait((text) => text.startsWith("HTTP/1.1 100 Continue\r\n\r\n")), true);
    welcome.socket.write('{"model":"p/m","messages":[{"role":"user","content":""}]}'.slice(0, 55));
    assert.equal(await welcome.wait((text) => /HTTP\/1\.1 400 .*connection: close/is.test(text)), true, welcome.text());
    assert.equal(await welcome.ended(), true);
  });

  it("cannot have probes read a body either", async () => {
    const before = front.bytesTaken();
    const { statuses } = await push(front, head("GET /healthz HTTP/1.1", ["Content-Length: 1073741824"]), 1024 ** 3);
    assert.equal(statuses[0], 400);
    assert.ok(front.bytesTaken() - before <= mostRead);
  });

  it("is slowed down when guessing, told alike whatever was wrong, and who has the key is served meanwhile", async (t) => {
    const fresh = await startFront();
    try {
      const guess = async (key: string | undefined): Promise<readonly [number, string, string | null]> => {
        const answer = await fetch(
          `${fresh.address}/v1/models`,
          key === undefined ? {} : { headers: { authorization: `Bearer ${key}` } },
        );
        const text = (await answer.text()).replaceAll(answer.headers.get("x-polygate-call-id") ?? "", "ID");
        return [answer.status, text, answer.headers.get("retry-after")];
      };
      const told = new Map<number, Set<string>>();
      let served = 0;
      const started = performance.now();
      for (let round = 0; round < 500; round++) {
        const wrong = round % 3 === 0 ? `${callerKey.slice(0, -1)}x` : round % 3 === 1 ? `pg-${round}` : "k".repeat(round);
        const [status, text, retryAfter] = await guess(wrong);
        told.set(status, (told.get(status) ?? new Set()).add(text));
        if (status === 429) assert.match(retryAfter ?? "", /^[1-3]$/);
        if (round % 10 === 0 && (await guess(callerKey))[0] === 200) served++;
      }
      const perSecond = Math.round(500_000 / (performance.now() - started));
      const [none] = await guess(undefined);
      assert.equal(none, 401, "who presents nothing guesses nothing");
      assert.equal(served, 50);
      assert.deepEqual([...told.keys()].sort(), [401, 429]);
      for (const [status, texts] of told) assert.equal(texts.size, 1, `one body for ${status}`);
      assert.equal(fresh.calls.length, 0);
      t.diagnostic(`S7: 500 wrong keys at ${perSecond}/s: one 401 body, one 429 body; 50 of 50 right keys served`);
    } finally {
      await fresh.close();
    }
  });
});

describe("S5: one address", { timeout: 60_000 }, () => {
  it("has so many connections, is told what to change, and gets the next when one is closed", async () => {
    const front = await startFront({ limits: { connectionsPerAddress: 20 } });
    try {
      const ask = head("GET /healthz HTTP/1.1");
      const held = await Promise.all(
        Array.from({ length: 20 }, async () => {
          const connection = open(front.port);
          connection.socket.write(ask);
          assert.equal(await connection.wait((text) => text.includes('"ok"')), true);
          return connection;
        }),
      );
      for (let more = 0; more < 5; more++) {
        const crowded = open(front.port);
        crowded.socket.write(head(line, [json, `Authorization: Bearer ${callerKey}`, "Content-Length: 2"]));
        assert.equal(await crowded.ended(), true);
        assert.match(crowded.text(), /^HTTP\/1\.1 503 .*retry-after: 1.*20 connections open.*limits\.connections_per_address/is);
      }
      held[0]?.socket.end();
      await held[0]?.ended();
      const next = open(front.port);
      next.socket.write(ask);
      assert.equal(await next.wait((text) => text.includes('"ok"')), true, next.text());
      assert.equal(front.calls.length, 0);
      for (const { socket } of [...held, next]) socket.destroy();
    } finally {
      await front.close();
    }
  });
});
