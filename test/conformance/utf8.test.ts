import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { parseJsonBody } from "../../src/framing/json-body.ts";
import { SseDecoder } from "../../src/framing/sse-decoder.ts";

/* Right and wrong byte sequences: a caller's wrong ones are refused, a provider's are mended, and neither depends on cuts. */

const root = resolve(dirname(fileURLToPath(import.meta.url)), "../..");
const suite = resolve(root, process.env["POLYGATE_SPECS"] ?? "../shared/specs", "suites/utf8tests/utf8tests.bin");
const absent = !existsSync(suite);
const required = process.env["CI"] === "true";
const skip = absent && !required ? `no UTF-8 suite at ${suite}` : false;

/** One byte sequence per line; NUL and line ends are no matter for these tests. */
function sequences(): readonly Buffer[] {
  const bytes = readFileSync(suite);
  const lines: Buffer[] = [];
  let from = 0;
  for (let end = bytes.indexOf(10, from); end !== -1; end = bytes.indexOf(10, from)) {
    lines.push(bytes.subarray(from, end));
    from = end + 1;
  }
  const plain = lines.filter((line) => line.length > 0 && !line.some((byte) => byte < 0x20 || byte === 0x22 || byte === 0x5c));
  assert.ok(plain.length > 50, "the suite holds byte sequences");
  return plain;
}

test("a request body with malformed UTF-8 is refused, and only such a one", { skip }, () => {
  for (const line of sequences()) {
    const body = Buffer.concat([Buffer.from('{"a":"'), line, Buffer.from('"}')]);
    let text: string | undefined;
    try {
      text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(line);
    } catch {}
    if (text === undefined)
      assert.throws(() => parseJsonBody(body), { name: "GatewayError", code: "invalid_request" }, line.toString("hex"));
    else assert.equal(parseJsonBody(body).json["a"], text, line.toString("hex"));
  }
});

test("a provider's malformed UTF-8 becomes replacement characters, however it is cut", { skip }, () => {
  for (const line of sequences()) {
    const frame = Buffer.concat([Buffer.from("data: "), line, Buffer.from("\n\n")]);
    const whole = new TextDecoder("utf-8", { ignoreBOM: true }).decode(line);
    const decoder = new SseDecoder();
    const events = [...frame].flatMap((byte) => decoder.push(Uint8Array.of(byte)));
    assert.deepEqual(
      [...events, ...decoder.end()].map((event) => event.data),
      [whole],
      line.toString("hex"),
    );
    assert.deepEqual(
      new SseDecoder().push(frame).map((event) => event.data),
      [whole],
      line.toString("hex"),
    );
  }
});
