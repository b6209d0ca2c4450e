import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { Secret } from "../canonical/secret.ts";
import { Redactor } from "./redact.ts";

const canary = "canary+Zq83/Lm=\"w0x'7Tf%19~pR";

function redactorOf(...secrets: readonly string[]): Redactor {
  const made = new Redactor();
  for (const secret of secrets) made.add(new Secret(secret));
  return made;
}

/** Pieces of nine characters of the secret in any of its spellings that the text still has. */
function leaks(text: string, secret: string): readonly string[] {
  const spellings = [
    secret,
    encodeURIComponent(secret),
    JSON.stringify(secret).slice(1, -1),
    Buffer.from(secret).toString("base64"),
    Buffer.from(secret).toString("base64url"),
  ];
  return spellings.flatMap((one) =>
    Array.from({ length: Math.max(0, one.length - 8) }, (_, at) => one.slice(at, at + 9)).filter((piece) => text.includes(piece)),
  );
}

describe("a known secret", () => {
  const { redact } = redactorOf(canary, "another-secret-0001");

  it("goes out whole, in each spelling, wherever it stands", () => {
    for (const text of [
      canary,
      `${canary}${canary}`,
      `before ${canary} after`,
      JSON.stringify({ a: `x${canary}y` }),
      `https://host/?q=${encodeURIComponent(canary)}&b=1`,
      Buffer.from(canary).toString("base64"),
      Buffer.from(`user:${canary}`).toString("base64"),
      Buffer.from(`Bearer ${canary} and more`).toString("base64url"),
      `x${canary}another-secret-0001z`,
    ]) {
      const clean = redact(text);
      assert.deepEqual(leaks(clean, canary), [], clean);
      assert.match(clean, /\[secret\]/);
    }
  });

  it("goes out in pieces of more than eight characters, and the text around it stays", () => {
    fc.assert(
      fc.property(
        fc.string({ maxLength: 40 }),
        fc.nat(canary.length - 9),
        fc.integer({ min: 9, max: canary.length }),
        fc.string({ maxLength: 40 }),
        (before, from, length, after) => {
          const clean = redact(`${before}${canary.slice(from, from + length)}${after}`);
          assert.deepEqual(leaks(clean, canary), []);
        },
      ),
      { numRuns: 2000 },
    );
    assert.equal(redact(`a ${canary.slice(3, 15)} b`), "a [secret] b");
    assert.equal(redact(`a ${canary.slice(3, 11)} b`), `a ${canary.slice(3, 11)} b`);
  });

  it("goes out in each piece though others begin, go on or end like it", () => {
    const secrets = ["prefix-one-abcdefgh-end", "prefix-two-abcdefgh-end", "prefix-two-zyxwvuts-end", "xprefix-two-zyxwvuts"];
    const { redact } = redactorOf(...secrets);
    for (const secret of secrets) {
      for (let from = 0; from + 9 <= secret.length; from++) {
        for (let to = from + 9; to <= secret.length; to++) assert.equal(redact(`<${secret.slice(from, to)}>`), "<[secret]>");
      }
    }
  });

  it("of less than twelve characters goes out as a word, and shorter ones are none", () => {
    const { redact } = redactorOf("lm-studio", "ollama");
    assert.equal(redact("key lm-studio refused"), "key [secret] refused");
    assert.equal(redact("lm-studio-community/qwen by ollama"), "lm-studio-community/qwen by ollama");
  });
});

describe("what has the shape of a secret", () => {
  const { redact } = new Redactor();
  it("goes out though nobody told of it", () => {
    for (const [text, clean] of [
      ["Incorrect API key provided: sk-proj-abcDEF123_456-789xyz.", "Incorrect API key provided: [secret]."],
      ["sk-ant-api03-AAAAbbbbCCCC1234", "[secret]"],
      ["GET /v1beta/models?key=AIzaSyA1234567890abcdefghijklmnopqrstuv&x=1", "GET /v1beta/models?key=[secret]&x=1"],
      ["AIzaSyA1234567890abcdefghijklmnopqrstuv", "[secret]"],
      ["Authorization: Bearer abc.def-ghi_123", "Authorization: Bearer [secret]"],
      ["authorization: basic dXNlcjpwYXNz", "authorization: basic [secret]"],
      ["postgres://app:hunter2@db.internal/polygate", "postgres://app:[secret]@db.internal/polygate"],
      ["ghp_0123456789abcdefghijABCDEFGHIJ", "[secret]"],
    ] as const)
      assert.equal(redact(text), clean);
  });

  it("and nothing else does", () => {
    for (const text of [
      "call_019a0b1c2d3e4f5a6b7c8d9e",
      "openai/gpt-4.1-mini-2025-04-14",
      "req_011CQ8kZ7v9c2b",
      "chatcmpl-B9MBs8CjcvOU2jLn4n570S5qMJKcT",
      "The task-oriented bearer of news, e.g. at https://example.com/a?b=c",
      "x".repeat(100_000),
    ])
      assert.equal(redact(text), text);
  });
});

it("memory and time stay bounded with many secrets and long texts", (t) => {
  const made = new Redactor();
  for (let i = 0; i < 5000; i++) made.add(`key-${Buffer.from(String(i * 7919)).toString("hex")}-${i}-abcdefgh`);
  const text = `${"The quick brown fox jumps over the lazy dog. ".repeat(20_000)}key-${Buffer.from("0").toString("hex")}-0-abcdefgh`;
  const start = performance.now();
  const clean = made.redact(text);
  const ms = performance.now() - start;
  t.diagnostic(`${text.length} characters against 5000 secrets: ${ms.toFixed(1)} ms`);
  assert.ok(clean.endsWith("dog. [secret]"));
  assert.ok(ms < 500, `${ms} ms`);
});
