import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { ChatRequest } from "../../canonical/chat.ts";
import { GatewayError } from "../../canonical/error.ts";
import { ChunkGuard } from "./chunk-guard.ts";
import { InputGuard } from "./input.ts";
import { Lanes } from "./lanes.ts";
import type { GuardOptions } from "./rules.ts";
import { scannersOf } from "./scanner.ts";
import { calling, callOf, saying } from "./testing/call-of.ts";
import { nothing } from "./testing/samples.ts";

/* What a caller or a provider may send to keep the process busy: CPU grows with the length, and a megabyte is soon done. */

const megabyte = 1024 * 1024;
type Input = GuardOptions["input"];
const all = (action: "flag" | "redact" | "refuse"): Input => ({
  ...{ controlCharacters: action, secrets: action, pii: action, forbidden: action },
});
const modes: { readonly [name: string]: Input } = {
  default: { ...nothing.input, controlCharacters: "flag" },
  flag: all("flag"),
  redact: all("redact"),
  mask: { ...all("redact"), pii: "mask" },
  secrets: { ...nothing.input, secrets: "redact" },
};
const guards = Object.entries(modes).map(([name, input]) => {
  const options = { ...nothing, input };
  return { name, guard: new InputGuard(scannersOf(options).input, options) };
});

const repeated = (unit: string, length: number): string => unit.repeat(Math.ceil(length / unit.length));
const numbered = (length: number): string => {
  const pieces: string[] = [];
  for (let at = 0; at * 16 < length; at++) pieces.push(`b${at}@example.com `);
  return pieces.join("");
};

interface Body {
  readonly name: string;
  readonly most: number;
  readonly of: (length: number) => ReturnType<typeof saying>;
}

const escapes = (unit: string): Body => ({
  name: `arguments ${unit}`,
  most: 300,
  of: (length) => calling(`{"x":"\u202e${repeated(unit, length)}"}`),
});
const texts = (name: string, of: (length: number) => string, most = 300): Body => ({
  name,
  most,
  of: (length) => saying(`\u202e${of(length)}`),
});
const bodies: readonly Body[] = [
  ...["\\u0041", "\\n", '\\"', "\\\\", "-----BEGIN PRIVATE KEY-----\\u0041"].map(escapes),
  {
    name: "arguments behind a header",
    most: 300,
    of: (length) => calling(`{"x":"-----BEGIN PRIVATE KEY-----${repeated("\\u0041", length)}"}`),
  },
  { name: "arguments of many texts", most: 300, of: (length) => calling(`["\u202e"${repeated(',"a"', length)}]`) },
  {
    name: "parts of a letter",
    most: 400,
    of: (length) => {
      const content = Array.from({ length: length / 32 }, () => ({ type: "text", text: "a" }) as const);
      const request: ChatRequest = {
        model: "m",
        messages: [{ role: "user", content: [{ type: "text", text: "\u202e" }, ...content] }],
      };
      return callOf({ messages: [{ role: "user", content: [{ type: "text", text: "\u202e" }, ...content] }] }, request);
    },
  },
  texts("addresses", numbered),
  texts("directions", (length) => repeated("a\u202e", length)),
  texts("directions in a row", (length) => repeated("\u202e", length)),
  texts("cards", (length) => repeated("4111111111111111 ", length)),
  texts("heads of accounts", (length) => repeated("GB29 ", length)),
  texts("headers of keys", (length) => repeated("-----BEGIN PRIVATE KEY-----", length)),
  texts("keys", (length) => repeated(`sk-${"a1".repeat(12)} `, length)),
];

function cpu(work: () => void): number {
  const started = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(started);
  return (user + system) / 1000;
}

/** The lesser of two: others use the machine, too. */
const took = (work: () => void): number => Math.min(cpu(work), cpu(work));

function passed(guard: InputGuard, call: ReturnType<typeof saying>): void {
  try {
    guard.pass(call);
  } catch (thrown) {
    if (!(thrown instanceof GatewayError)) throw thrown;
  }
}

describe("CPU grows with the length", { timeout: 110_000 }, () => {
  for (const { name, guard } of guards) {
    it(`requests under ${name}`, (t) => {
      const slow: string[] = [];
      for (const body of bodies) {
        passed(guard, body.of(20_000));
        const one = body.of(megabyte);
        const two = body.of(2 * megabyte);
        let why: string | undefined;
        // What is not linear is so every time; what others make slow is not.
        for (let tries = 0; tries < 3; tries++) {
          const ofOne = took(() => passed(guard, one));
          const ofTwo = took(() => passed(guard, two));
          const told = `${body.name}: ${ofOne.toFixed(0)} ms, ${ofTwo.toFixed(0)} ms for twice as much`;
          t.diagnostic(told);
          why = ofOne > body.most || ofTwo > 3 * ofOne + 10 ? told : undefined;
          if (why === undefined) break;
        }
        if (why !== undefined) slow.push(why);
      }
      assert.deepEqual(slow, []);
    });
  }

  it("answers that come letter by letter", (t) => {
    const { output } = scannersOf({ ...nothing, output: { secrets: "redact", pii: "redact", forbidden: "redact" } });
    for (const [begin, letter] of [
      ["-----BEGIN PRIVATE KEY-----", "A"],
      ["sk-", "a1"],
      ["eyJ", "a"],
    ] as const) {
      const streamed = (count: number) => () => {
        const guard = new ChunkGuard<"chat">(
          new Lanes({ scanner: output, masks: undefined, json: false, note: () => undefined }),
          Number.POSITIVE_INFINITY,
        );
        guard.pass({ type: "part-start", choice: 0, part: 0, content: { type: "text", text: begin } });
        for (let at = 0; at < count; at++) {
          guard.pass({ type: "part-delta", choice: 0, part: 0, delta: { type: "text", text: letter } });
        }
        guard.flush();
      };
      streamed(1000)();
      const half = cpu(streamed(8_000));
      const whole = cpu(streamed(16_000));
      t.diagnostic(`${begin}: ${half.toFixed(0)} ms for 8000 pieces, ${whole.toFixed(0)} ms for 16000`);
      assert.ok(whole < 200 && whole < 3 * half + 20, `${begin}: ${half} ms, ${whole} ms for twice as much`);
    }
  });

  it("arguments of whole answers", (t) => {
    const { output } = scannersOf({ ...nothing, output: { secrets: "redact", pii: "redact", forbidden: "redact" } });
    for (const unit of ["\\u0041", "\\n", "-----BEGIN PRIVATE KEY-----\\u0041", "1 4111111111111111 "]) {
      const passing = (length: number) => {
        const text = `{"x":"-----BEGIN PRIVATE KEY-----${repeated(unit, length)}"}`;
        return () => {
          const filter = new Lanes({ scanner: output, masks: undefined, json: false, note: () => undefined }).filter(
            "arguments",
            0,
          );
          filter.push(text);
          filter.end();
        };
      };
      passing(20_000)();
      const one = took(passing(megabyte));
      const two = took(passing(2 * megabyte));
      t.diagnostic(`${unit}: ${one.toFixed(0)} ms, ${two.toFixed(0)} ms for twice as much`);
      assert.ok(one < 300 && two < 3 * one + 10, `${unit}: ${one} ms, ${two} ms for twice as much`);
    }
  });

  it("a body of 22 MB with one direction in it, or full of them, does not stall under the default", (t) => {
    const [first] = guards;
    assert.ok(first);
    for (const call of [calling(`{"x":"\u202e${repeated("\\n", 22 * megabyte)}"}`), saying(repeated("a\u202e", 6 * megabyte))]) {
      const ms = cpu(() => passed(first.guard, call));
      t.diagnostic(`${ms.toFixed(0)} ms`);
      // 170 ms where nobody else is at work.
      assert.ok(ms < 400, `${ms} ms`);
      assert.equal(call.warnings.list.length, 1);
    }
  });
});
