import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { ask, bodyOf, callerWires, canaries, pathOf } from "../reliability/ask.ts";
import { startGuardedStack } from "../reliability/guarded-stack.ts";
import { readError } from "../reliability/verdict.ts";
import type { Stack } from "../stack.ts";
import { rawCall, written } from "./raw-call.ts";

/* Bodies that are no request: refused with the right status, in the caller's own wire shape, with a sentence that helps. */

const nested = (depth: number): string => `${"[".repeat(depth)}${"]".repeat(depth)}`;
const good = (extra: string): string => `{"model":"oai/echo","max_tokens":5,"messages":[{"role":"user","content":"hi"}]${extra}}`;
const keys = (count: number): string => Array.from({ length: count }, (_, i) => `"k${i}":0`).join(",");

const refused: readonly (readonly [name: string, body: string | Buffer, says: RegExp])[] = [
  ["empty", "", /empty/],
  ["blanks", " \n ", /empty/],
  ["not JSON", "model=gpt-5&stream=true", /object/],
  ["cut short", '{"model":"oai/echo","messages":[{"role":"user"', /ends too early/],
  ["a comma too many", '{"model":"oai/echo",}', /not valid JSON.*byte 20/],
  ["single quotes", "{'model':'oai/echo'}", /not valid JSON.*byte 1/],
  ["an array", "[]", /one JSON object/],
  ["a string", '"hi"', /one JSON object/],
  ["null", "null", /one JSON object/],
  ["a number", "7", /one JSON object/],
  ["two objects", `${good("")}${good("")}`, /not valid JSON/],
  ["NaN", good(',"temperature":NaN'), /not valid JSON/],
  ["bad UTF-8", Buffer.from(good(',"x":"\xff"'), "latin1"), /UTF-8.*byte \d+/],
  ["an overlong NUL", Buffer.from(good(',"x":"\xc0\x80"'), "latin1"), /UTF-8/],
  ["UTF-16", Buffer.from(good(""), "utf16le"), /JSON/],
  ["a byte order mark", `\ufeff${good("")}`, /byte order mark/],
  ["depth 65", good(`,"x":${nested(64)}`), /64 levels/],
  ["depth 1,000,000", good(`,"x":${nested(1_000_000)}`), /64 levels/],
  ["depth never closed", `{"x":${"[".repeat(1_000_000)}`, /64 levels/],
  ["100,000 keys", `{${keys(100_000)}}`, /10000 members/],
  ["100,000 keys further down", good(`,"x":{${keys(100_000)}}`), /10000 members/],
  ["model twice", '{"model":"oai/echo","model":"ant/echo","messages":[]}', /`model` twice/],
  ["model twice, once escaped", '{"model":"oai/echo","\\u006dodel":"ant/echo","messages":[]}', /`model` twice/],
  ["a name of 1 MB twice", `{"${"n".repeat(1e6)}":1,"${"n".repeat(1e6)}":2}`, /twice/],
];

describe("S3, S4: bad bodies", { timeout: 120_000 }, () => {
  let stack: Stack;
  before(async () => {
    stack = await startGuardedStack({ yaml: "limits: { body_bytes: 4mb }" });
  });
  after(() => stack.close());

  for (const caller of callerWires) {
    const send = (body: string | Buffer) => ask(stack.address, caller, body, { key: canaries.key });

    for (const [name, body, says] of refused) {
      test(`${caller}: ${name}`, async () => {
        const answer = await send(body);
        assert.equal(answer.status, 400, answer.text.slice(0, 300));
        const message = readError(caller, answer);
        assert.match(message, says);
        assert.ok(message.length < 1000, `a message of ${message.length} characters`);
        assert.ok(answer.text.length < 3000, `an answer of ${answer.text.length} characters`);
        assert.equal(answer.headers["x-polygate-attempts"], "0");
        assert.ok(answer.ms < 2000, `${answer.ms} ms`);
      });
    }

    test(`${caller}: larger than allowed, as announced and as it turns out`, async () => {
      const headers = [
        ["host", "localhost"],
        ["authorization", `Bearer ${canaries.key}`],
        ["content-type", "application/json"],
      ] as const;
      const line = `POST ${pathOf(caller)} HTTP/1.1`;
      const block = Buffer.alloc(64 * 1024, " ");
      const sized = 12 * 1024 * 1024;
      const announced = await rawCall(stack.address, {
        pieces: [written(line, [...headers, ["content-length", String(sized)]])],
      });
      assert.equal(announced.status, 413);
      assert.match(readError(caller, announced), /larger than the 4194304 bytes/);
      /** Nobody listens for an answer while sending: it must still be there when all is sent. */
      const whole = await rawCall(stack.address, {
        pieces: [
          written(line, [...headers, ["content-length", String(sized)]]),
          ...Array.from({ length: sized / block.length }, () => block),
        ],
      });
      assert.equal(whole.status, 413);
      readError(caller, whole);
      const chunked = await rawCall(stack.address, {
        pieces: [
          written(line, [...headers, ["transfer-encoding", "chunked"]]),
          ...Array.from({ length: sized / block.length }, () =>
            Buffer.concat([Buffer.from("10000\r\n"), block, Buffer.from("\r\n")]),
          ),
          "0\r\n\r\n",
        ],
      });
      assert.equal(chunked.status, 413);
      assert.match(readError(caller, chunked), /larger/);
    });

    test(`${caller}: what looks odd and is allowed`, async () => {
      const odd = [
        good(`,"x":${nested(63)}`),
        good(',"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}}'),
        good(',"x":{"__proto__":{"polluted":true}}'),
        '{"model":"oai/echo","max_tokens":5,"messages":[{"role":"user","content":"lone \\ud800 surrogate"}]}',
        '{"model":"oai/echo","max_tokens":5,"messages":[{"role":"user","content":"\\u0000 and \\u001b[31m"}]}',
        good(',"x":1e400,"y":9007199254740993,"z":-0'),
      ];
      for (const body of odd) {
        for (const provider of ["oai", "ant"]) {
          const answer = await send(body.replace("oai/", `${provider}/`));
          // The provider behind may have its own opinion of fields nobody knows; the gateway must not fall over them.
          assert.ok(answer.status === 200 || answer.status === 400, `${body.slice(0, 200)}: ${answer.text.slice(0, 300)}`);
          if (answer.status === 400) readError(caller, answer);
        }
      }
      assert.equal("polluted" in {}, false);
    });

    test(`${caller}: the next call is served`, async () => {
      const answer = await send(JSON.stringify(bodyOf(caller, "oai/echo", false)));
      assert.equal(answer.status, 200, answer.text);
      assert.deepEqual(stack.troubles, []);
    });
  }

  test("a connection cut in the middle of a body is no trouble", async () => {
    for (const caller of callerWires) {
      const cut = written(
        `POST ${pathOf(caller)} HTTP/1.1`,
        [
          ["host", "localhost"],
          ["authorization", `Bearer ${canaries.key}`],
          ["content-type", "application/json"],
          ["content-length", "1000"],
        ],
        '{"model":',
      );
      await assert.rejects(rawCall(stack.address, { pieces: [cut], withinMs: 200 }));
    }
    assert.deepEqual(stack.troubles, []);
  });
});
