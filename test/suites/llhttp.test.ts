import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { type Front, startFront } from "../e2e/edge/front.ts";
import { eachOf, send, suiteFolder } from "./kit.ts";

/*
 * S1: the fixtures of llhttp, the parser inside Node, sent as they are. Each is answered in order or refused: never more answers
 * than it holds requests, nothing after a refusal, nothing reaches the pipeline, and the server lives on.
 */

interface Fixture {
  readonly name: string;
  /** "request", or what a lenient parser would be asked for. */
  readonly type: string;
  readonly bytes: Buffer;
  /** Requests that a strict parser begins and ends, and whether it stops at an error. */
  readonly begun: number;
  readonly ended: number;
  readonly fails: boolean;
}

/** The suite writes a request with its line ends and odd bytes spelled out. */
function unescaped(block: string): Buffer {
  const text = block
    .replace(/\n$/, "")
    .replace(/\\\n/g, "")
    .replace(/\n/g, "\r\n")
    .replace(/\\([rntf])/g, (_, letter: string) => ({ r: "\r", n: "\n", t: "\t", f: "\f" })[letter] ?? "")
    .replace(/\\x([0-9a-fA-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  return Buffer.from(text, "latin1");
}

function read(file: string, text: string): readonly Fixture[] {
  const found = text.matchAll(/<!-- meta=(\{[^\n]*\}) -->\n```http\n([\s\S]*?)```\n+```log\n([\s\S]*?)```/g);
  return [...found].map(([, meta = "", block = "", log = ""], at) => ({
    name: `${file}#${at}`,
    type: /"type": *"([^"]*)"/.exec(meta)?.[1] ?? "",
    bytes: unescaped(block),
    begun: log.match(/message begin/g)?.length ?? 0,
    ended: log.match(/message complete/g)?.length ?? 0,
    // Codes 21 and 22 are pauses that were asked for.
    fails: /error code=(?!2[12]\b)/.test(log),
  }));
}

/** The same for a named host: without one every request is refused for that alone. */
const hosted = (bytes: Buffer): Buffer => {
  const text = bytes.toString("latin1");
  return Buffer.from(
    /^host:/im.test(text)
      ? text.replace(/^host:[^\r\n]*/gim, "Host: localhost")
      : text.replace("\r\n", "\r\nHost: localhost\r\n"),
    "latin1",
  );
};

async function judge(front: Front, { name, type, begun, ended, fails }: Fixture, bytes: Buffer): Promise<readonly string[]> {
  const { statuses: all, text, closed } = await send(front.port, bytes);
  const statuses = all.filter((status) => status !== 100);
  const says = `${name} (${type}): ${statuses.join()} ${closed ? "closed" : "open"}`;
  const faults: string[] = [];
  if (statuses.some((status) => status < 400 || status >= 500)) faults.push(`${says}: an answer that is no refusal`);
  if (statuses.length > Math.max(1, begun)) faults.push(`${says}: more answers than requests`);
  if (type === "request" && fails && !closed && statuses.length > 0) faults.push(`${says}: open after what is no request`);
  if (type === "request" && !fails && ended > 0 && statuses.length === 0 && !closed)
    faults.push(`${says}: no answer to a whole request`);
  const closings = [...text.matchAll(/^connection: close\r$/gim)].length;
  if (closings > 1) faults.push(`${says}: went on after closing`);
  return faults;
}

describe("S1: llhttp's fixtures", { timeout: 120_000 }, () => {
  it("are answered in order or refused", async (t) => {
    const folder = suiteFolder("llhttp-test");
    if (folder === undefined) {
      t.skip("no specifications here");
      return;
    }
    const fixtures = readdirSync(folder)
      .filter((file) => file.startsWith("request__"))
      .flatMap((file) => read(file, readFileSync(join(folder, file), "utf8")));
    assert.ok(fixtures.length >= 150, `${fixtures.length}`);
    const front = await startFront();
    const faults: string[] = [];
    let sent = 0;
    try {
      await eachOf(fixtures, async (fixture) => {
        for (const bytes of [fixture.bytes, hosted(fixture.bytes)]) {
          sent++;
          faults.push(...(await judge(front, fixture, bytes)));
        }
      });
      assert.equal(front.calls.length, 0);
      const health = await fetch(`${front.address}/healthz`);
      assert.equal(health.status, 200, "the server lives on");
      const strict = fixtures.filter(({ type }) => type === "request");
      t.diagnostic(
        `S1: ${fixtures.length} fixtures (${strict.length} strict, ${strict.filter(({ fails }) => fails).length} of them errors), ${sent} sent, ${faults.length} faults`,
      );
      assert.deepEqual(faults, []);
    } finally {
      await front.close();
    }
  });
});
