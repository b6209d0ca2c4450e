import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { FakeClock } from "../transport/testing/fake-clock.ts";
import { createLog, type LogOptions, type ProcessLog } from "./log.ts";
import { logSettings } from "./log-settings.ts";
import type { LogTarget } from "./log-sink.ts";

class Target implements LogTarget {
  text = "";
  writableLength = 0;
  broken = false;
  #listener: (error: Error) => void = () => {};

  write(text: string): boolean {
    if (this.broken) throw new Error("EPIPE");
    this.text += text;
    return true;
  }

  on(_: "error", listener: (error: Error) => void): this {
    this.#listener = listener;
    return this;
  }

  fail(): void {
    this.#listener(new Error("EPIPE"));
  }

  get lines(): readonly { readonly [name: string]: unknown }[] {
    assert.ok(this.text === "" || this.text.endsWith("\n"));
    return this.text
      .split("\n")
      .slice(0, -1)
      .map((line) => JSON.parse(line));
  }
}

function made(options: Partial<LogOptions> = {}): {
  readonly log: ProcessLog;
  readonly target: Target;
  readonly clock: FakeClock;
} {
  const target = new Target();
  const clock = new FakeClock();
  return { target, clock, log: createLog({ level: "debug", format: "json", target, clock, redact: (text) => text, ...options }) };
}

const nasty = [
  'a\r\n{"level":"error","event":"forged"}',
  "\u001b[31mred\u001b[0m \u0007 \u0000",
  '"},{"x":"',
  "abc\u202eevil\u2066\u2028\u2029\u200b\ufeff\u0085\u009b",
  "\ud800 lone",
  "\\u0022 \\",
];

describe("S17: one event is one line", () => {
  it("of JSON, whatever the fields hold, and means what was said", () => {
    const any = fc.oneof(fc.constantFrom(...nasty), fc.string({ unit: "binary", maxLength: 60 }));
    fc.assert(
      fc.property(any, any, (message, detail) => {
        const { log, target } = made();
        log.warn("event_name", { message, detail, n: 1, ok: true, none: undefined });
        assert.equal(target.lines.length, 1);
        const [line] = target.lines;
        assert.deepEqual(
          { ...line, time: "" },
          {
            level: "warn",
            time: "",
            event: "event_name",
            message: message.toWellFormed(),
            detail: detail.toWellFormed(),
            n: 1,
            ok: true,
          },
        );
        assert.doesNotMatch(target.text.slice(0, -1), /[\p{Cc}\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/u);
      }),
      { numRuns: 1000 },
    );
  });

  it("for a terminal too", () => {
    const { log, target } = made({ format: "pretty" });
    for (const message of nasty) log.info("event_name", { message, detail: message });
    const lines = target.text.split("\n").slice(0, -1);
    assert.equal(lines.length, nasty.length);
    for (const line of lines) assert.doesNotMatch(line, /[\p{Cc}\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/u);
    log.error("call_failed", { message: "It broke.", call_id: "call_1" });
    assert.match(target.text, /^\d\d:\d\d:\d\d\.\d{3} ERROR call_failed It broke\. call_id=call_1$/m);
  });

  it("with no field of more than 4 KB", () => {
    for (const unit of ["x", "é", "漢", "🙂"]) {
      const { log, target } = made();
      log.error("big", { message: unit.repeat(10 * 1024 * 1024) });
      const message = String(target.lines[0]?.["message"]);
      assert.ok(Buffer.byteLength(message) <= 4096, unit);
      assert.match(message, /… \(\d+ more characters\)$/);
      assert.equal(message.includes("\ufffd"), false);
    }
  });

  it("without secrets, also where the cap cuts", () => {
    const secret = "canary-0123456789abcdef";
    const { log, target } = made({ redact: (text) => text.replaceAll(secret, "[secret]") });
    log.error("big", { message: `${"x".repeat(4040)}${secret}${"y".repeat(20_000)}`, other: secret });
    assert.equal(target.text.includes("canary"), false);
  });
});

describe("S17: a flood of lines", () => {
  it("that say the same is written a few times, and then counted", () => {
    const { log, target, clock } = made();
    for (let i = 0; i < 10_000; i++) log.error("call_failed", { message: "the same", call_id: `call_${i}` });
    assert.equal(target.lines.length, 5);
    clock.advance(10_000);
    const last = target.lines.at(-1);
    assert.deepEqual(
      { ...last, time: "" },
      { level: "warn", time: "", event: "repeated", of: "call_failed", message: "the same", count: 9995 },
    );
    log.error("call_failed", { message: "the same" });
    assert.equal(target.lines.length, 7);
    assert.equal(log.counts().suppressed, 9995);
  });

  it("of one event that say different things is bounded all the same", () => {
    const { log, target, clock } = made();
    for (let i = 0; i < 10_000; i++) log.warn("trouble", { message: `number ${i}` });
    assert.equal(target.lines.length, 100);
    clock.advance(10_000);
    assert.equal(target.lines.reduce((sum, line) => sum + Number(line["count"] ?? 1), 0) >= 9_900, true);
  });

  it("costs little", (t) => {
    const { log } = made();
    const message = "x".repeat(10 * 1024 * 1024);
    const before = process.cpuUsage();
    for (let i = 0; i < 10_000; i++) log.error("call_failed", { message });
    const used = process.cpuUsage(before);
    const ms = (used.user + used.system) / 1000;
    t.diagnostic(`10000 identical errors with a text of 10 MB: ${ms.toFixed(1)} ms of CPU`);
    assert.ok(ms < 100, `${ms} ms: more than 10 % of a second`);
  });
});

describe("a reader that does not read", () => {
  it("costs lines, which are counted, and is told of them", () => {
    const { log, target } = made();
    target.writableLength = 2 * 1024 * 1024;
    for (let i = 0; i < 10; i++) log.info("call", { i });
    assert.equal(target.text, "");
    assert.equal(log.counts().dropped, 10);
    target.writableLength = 0;
    log.info("call");
    assert.deepEqual(
      target.lines.map(({ event, count }) => ({ event, count })),
      [
        { event: "log_lines_lost", count: 10 },
        { event: "call", count: undefined },
      ],
    );
  });

  it("and is gone is tried again later", () => {
    const { log, target, clock } = made();
    log.info("one");
    target.fail();
    target.broken = true;
    log.info("two");
    clock.advance(5000);
    log.info("three");
    target.broken = false;
    log.info("four");
    assert.equal(log.counts().dropped, 4);
    clock.advance(5000);
    log.info("five");
    assert.deepEqual(
      target.lines.map(({ event }) => event),
      ["one", "log_lines_lost", "five"],
    );
  });
});

it("levels: the configuration, then the variables, then the stage", () => {
  const of = (variables: { readonly [name: string]: string }, level?: "error") =>
    logSettings({ level, format: "auto" }, { get: (name) => variables[name] }, false);
  assert.deepEqual(of({}), { level: "info", format: "json" });
  assert.equal(of({ POLYGATE_LOG_LEVEL: "DEBUG", DELOS_LOG_LEVEL: "error" }).level, "debug");
  assert.equal(of({ DELOS_LOG_LEVEL: "warning" }).level, "warn");
  assert.equal(of({ NODE_ENV: "development" }).level, "debug");
  assert.equal(of({ DELOS_ENV: "production", NODE_ENV: "development" }).level, "info");
  assert.equal(of({ DELOS_ENV: "development" }, "error").level, "error");
  assert.equal(of({ POLYGATE_LOG_FORMAT: "pretty" }).format, "pretty");
  assert.match(of({ POLYGATE_LOG_LEVEL: "loud" }).puzzled ?? "", /POLYGATE_LOG_LEVEL/);
  assert.equal(logSettings({ format: "auto" }, { get: () => undefined }, true).format, "pretty");
  const { log, target } = made({ level: "warn" });
  log.info("no");
  log.debug("no");
  log.warn("yes");
  assert.equal(target.lines.length, 1);
  assert.deepEqual([log.enabled("info"), log.enabled("error")], [false, true]);
});
