import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { callerKey, startFront } from "../e2e/edge/front.ts";
import { eachOf, suiteFile, suiteFolder } from "./kit.ts";

/* S3: JSONTestSuite and utf8tests over the socket, each as a member of a good request and as the whole body. */

const base = '{"model":"p/m","messages":[{"role":"user","content":"hi"}],"x":';

async function post(address: string, body: Buffer): Promise<{ readonly status: number; readonly text: string }> {
  const answer = await fetch(`${address}/v1/chat/completions`, {
    method: "POST",
    headers: { "content-type": "application/json", authorization: `Bearer ${callerKey}` },
    body: new Uint8Array(body),
  });
  return { status: answer.status, text: await answer.text() };
}

const member = (bytes: Buffer): Buffer => Buffer.concat([Buffer.from(base), bytes, Buffer.from("}")]);

/** Well-formed and refused on purpose: a name stands twice in one object. */
const twice: ReadonlySet<string> = new Set(["y_object_duplicated_key.json", "y_object_duplicated_key_and_value.json"]);

/** What the suite leaves open and this gateway takes: numbers out of range and lone surrogates as escapes. */
const opened =
  /^i_(?:number_|object_key_lone|string_(?:1st|incomplete_surrogate|invalid_lonely|invalid_surrogate|inverted|lone_second|UTF-16_invalid|incomplete_surrogates))/;

describe("S3: JSONTestSuite over HTTP", { timeout: 120_000 }, () => {
  it("y is taken, n is refused, i is one of the two, nothing falls over", async (t) => {
    const folder = suiteFolder("JSONTestSuite/test_parsing");
    if (folder === undefined) {
      t.skip("no specifications here");
      return;
    }
    const front = await startFront();
    const counts = { yTaken: 0, yTwice: 0, nRefused: 0, iTaken: 0, iRefused: 0 };
    const faults: string[] = [];
    const taken: string[] = [];
    try {
      await eachOf(readdirSync(folder).sort(), async (file) => {
        const bytes = readFileSync(join(folder, file));
        const { status, text } = await post(front.address, member(bytes));
        if (status !== 200 && status !== 400) faults.push(`${file}: ${status} ${text.slice(0, 100)}`);
        if (text.length > 1500) faults.push(`${file}: told ${text.length} characters`);
        if (file.startsWith("y")) {
          if (status === 200) counts.yTaken++;
          else if (twice.has(file)) counts.yTwice++;
          else faults.push(`${file}: ${status} ${text}`);
        } else if (file.startsWith("n")) {
          if (status === 400) counts.nRefused++;
          else faults.push(`${file}: ${status}`);
        } else if (status === 200) {
          counts.iTaken++;
          taken.push(file);
        } else counts.iRefused++;
        const alone = await post(front.address, bytes);
        if (alone.status !== 400) faults.push(`${file} as the whole body: ${alone.status}`);
      });
      t.diagnostic(`S3: ${JSON.stringify(counts)}`);
      assert.deepEqual(faults, []);
      assert.deepEqual(counts, { yTaken: 93, yTwice: 2, nRefused: 188, iTaken: 20, iRefused: 15 });
      assert.deepEqual(
        taken.filter((file) => !opened.test(file)),
        [],
      );
      assert.equal(front.calls.length, 93 + 20);
    } finally {
      await front.close();
    }
  });
});

describe("S3: utf8tests over HTTP", { timeout: 60_000 }, () => {
  it("valid sequences are taken and understood, invalid ones refused", async (t) => {
    const file = suiteFile("utf8tests/utf8tests.txt");
    if (file === undefined) {
      t.skip("no specifications here");
      return;
    }
    const lines = [...file.toString("utf8").matchAll(/^([\d.]+): ?(valid|invalid)( hex)?:([^:\n]*)/gm)];
    assert.equal(lines.length, 222);
    const front = await startFront();
    const meant: string[] = [];
    const counts = { valid: 0, invalid: 0 };
    const faults: string[] = [];
    try {
      await eachOf(lines, async ([, name, verdict, hex, text = ""]) => {
        const bytes = hex === undefined ? Buffer.from(text) : Buffer.from(text.replaceAll(" ", ""), "hex");
        // Control characters, quotes and backslashes are JSON's matter, not UTF-8's.
        const spelled = [...bytes].map((byte) =>
          byte < 0x20 || byte === 0x22 || byte === 0x5c
            ? Buffer.from(`\\u00${byte.toString(16).padStart(2, "0")}`)
            : Buffer.of(byte),
        );
        const { status, text: said } = await post(
          front.address,
          member(Buffer.concat([Buffer.from('"'), ...spelled, Buffer.from('"')])),
        );
        if (verdict === "valid") meant.push(bytes.toString("utf8"));
        const wanted = verdict === "valid" ? 200 : 400;
        if (status !== wanted || (wanted === 400 && !said.includes("UTF-8")))
          faults.push(`${name} ${verdict}: ${status} ${said}`);
        else counts[wanted === 200 ? "valid" : "invalid"]++;
      });
      t.diagnostic(`S3: UTF-8: ${counts.valid} valid taken, ${counts.invalid} invalid refused`);
      assert.deepEqual(faults, []);
      const understood = front.calls.map(({ source }) => source?.json["x"]);
      assert.deepEqual(understood.sort(), meant.sort());
    } finally {
      await front.close();
    }
  });
});
