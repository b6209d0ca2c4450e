import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { z } from "zod";
import { callerKey, type Front, startFront } from "../e2e/edge/front.ts";
import { eachOf, type Outcome, send, suiteFile } from "./kit.ts";

/* S1: the 214 cases of http11probe. What RFC 9112 says must be refused is refused, by a status that says so or by closing. */

const cases = z.array(
  z.object({
    id: z.string(),
    level: z.string(),
    expected: z.string(),
    raw_base64: z.array(z.string()),
    abbreviated: z.boolean(),
  }),
);
type Case = z.output<typeof cases>[number];

const host = "Host: localhost:8080\r\n";
const many = (count: number): string => Array.from({ length: count }, (_, at) => `X-H-${at}: value\r\n`).join("");
/** What the suite only describes. */
const spelledOut: { readonly [id: string]: string } = {
  "MAL-LONG-URL": `GET /${"A".repeat(100_000)} HTTP/1.1\r\n${host}\r\n`,
  "MAL-LONG-METHOD": `${"A".repeat(100_000)} / HTTP/1.1\r\n${host}\r\n`,
  "MAL-LONG-HEADER-NAME": `GET / HTTP/1.1\r\n${host}${"A".repeat(100_000)}: val\r\n\r\n`,
  "MAL-LONG-HEADER-VALUE": `GET / HTTP/1.1\r\n${host}X-Big: ${"B".repeat(100_000)}\r\n\r\n`,
  "MAL-MANY-HEADERS": `GET / HTTP/1.1\r\n${host}${many(10_000)}\r\n`,
  "MAL-CHUNK-EXT-64K": `POST / HTTP/1.1\r\n${host}Transfer-Encoding: chunked\r\n\r\n5;ext=${"a".repeat(65_536)}\r\nhello\r\n0\r\n\r\n`,
  "MAL-BINARY-GARBAGE": Array.from({ length: 256 }, (_, at) => String.fromCharCode((at * 151 + 42) % 256)).join(""),
  "MAL-WHITESPACE-ONLY-LINE": "   \r\n\r\n",
  "MAL-EMPTY-REQUEST": "",
  "COMP-LEADING-CRLF": `\r\n\r\nGET / HTTP/1.1\r\n${host}\r\n`,
  "SMUG-PIPELINE-SAFE": `GET / HTTP/1.1\r\n${host}\r\nGET / HTTP/1.1\r\n${host}\r\n`,
  "SMUG-CLTE-DESYNC": `POST / HTTP/1.1\r\n${host}Content-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nX`,
  "SMUG-TECL-DESYNC": `POST / HTTP/1.1\r\n${host}Transfer-Encoding: chunked\r\nContent-Length: 30\r\n\r\n0\r\n\r\nX`,
};

/** The eleven that a bare Node server takes. */
const nodeTakes = [
  "COMP-DUPLICATE-HOST-SAME",
  "RFC9110-5.4-DUPLICATE-HOST",
  "COMP-HOST-EMPTY-VALUE",
  "COMP-HOST-WITH-PATH",
  "COMP-HOST-WITH-USERINFO",
  "COMP-ASTERISK-WITH-GET",
  "SMUG-EXPECT-100-CL-DESYNC",
  "SMUG-GET-CL-BODY-DESYNC",
  "SMUG-MULTIPLE-HOST-COMMA",
  "SMUG-OPTIONS-CL-BODY-DESYNC",
  "SMUG-TE-EMPTY-VALUE",
];

/** A refusal names what is wrong with the request; `/` is nothing here, so what was understood is answered 404. */
const understood = new Set([200, 404]);
const verdict = ({ statuses, closed }: Outcome): "refused" | "closed" | "waiting" | "understood" => {
  const [first] = statuses.filter((status) => status !== 100);
  if (first === undefined) return closed ? "closed" : "waiting";
  return understood.has(first) ? "understood" : "refused";
};

/** What the suite says of a case, from its own words. */
function wanted({ expected }: Case): "refuse" | "refuse or wait" | "take" | "either" {
  if (/timeout/i.test(expected)) return "refuse or wait";
  if (/^400(?:[,/ ]*(?:or )?(?:\d{3}|connection close|close))*$/.test(expected)) return "refuse";
  if (/^2xx(?: or close| with Date header| with Content-Type header| \(Range ignored\)| \+ connection closed)?$/.test(expected))
    return "take";
  return "either";
}

describe("S1: http11probe", { timeout: 120_000 }, () => {
  it("every case: nothing is taken that must be refused", async (t) => {
    const file = suiteFile("http11probe/cases.json");
    if (file === undefined) {
      t.skip("no specifications here");
      return;
    }
    const all = cases.parse(JSON.parse(file.toString()));
    assert.equal(all.length, 214);
    const front = await startFront();
    const faults: string[] = [];
    const counts = new Map<string, number>();
    const add = (name: string): void => void counts.set(name, (counts.get(name) ?? 0) + 1);
    const closing: string[] = [];
    try {
      await eachOf(all, async (one) => {
        const bytes = payload(one);
        if (bytes === undefined) {
          add("not spelled out by the suite");
          return;
        }
        const outcome = await send(front.port, bytes);
        const got = verdict(outcome);
        const want = wanted(one);
        add(`${want}: ${got}`);
        const says = `${one.id} (${one.level}; ${one.expected}): ${got}, ${outcome.statuses.join()}`;
        // A body that nobody asked for is not read: the answer is about the head, and the connection is closed with it.
        const unread = got === "understood" && outcome.closed && outcome.statuses.length === 1 && isPost(bytes);
        if (want === "refuse" && got !== "refused" && got !== "closed" && !unread) faults.push(says);
        if (want === "refuse or wait" && got === "understood" && !unread) faults.push(says);
        if (want === "take" && got !== "understood" && !refusedOnPurpose.has(one.id)) faults.push(says);
        if (outcome.statuses.some((status) => status >= 500 && status !== 501 && status !== 505)) faults.push(says);
        if (nodeTakes.includes(one.id)) {
          const [first, ...more] = outcome.statuses;
          if (more.length === 0 && outcome.closed && first !== 200) closing.push(one.id);
          else faults.push(`a gap of Node's: ${says}`);
        }
      });
      assert.deepEqual(faults, []);
      assert.deepEqual(closing.sort(), [...nodeTakes].sort());
      assert.equal(front.calls.length, 0);
      t.diagnostic(
        `S1: ${[...counts]
          .map(([name, count]) => `${count} ${name}`)
          .sort()
          .join("; ")}`,
      );
      t.diagnostic(`S1: ${closing.length} of ${nodeTakes.length} gaps of bare Node closed`);
    } finally {
      await front.close();
    }
  });

  it("the same bodies sent to a route that reads them: framed as the RFC says, or refused before they are read", async (t) => {
    const file = suiteFile("http11probe/cases.json");
    if (file === undefined) {
      t.skip("no specifications here");
      return;
    }
    const posts = cases.parse(JSON.parse(file.toString())).filter((one) => isPost(payload(one)));
    const front = await startFront();
    const faults: string[] = [];
    let framed = 0;
    let refused = 0;
    try {
      await eachOf(posts, async (one) => {
        const outcome = await readBody(front, one);
        const says = `${one.id} (${one.level}; ${one.expected}): ${outcome.statuses.join()} ${outcome.text.slice(-300)}`;
        // Our own sentence about the body: it was read as the request's.
        const read =
          /"message":"The request body (?:must be one JSON object|is not valid JSON|is empty|has|is not valid UTF-8)/.test(
            outcome.text,
          );
        if (read) framed++;
        else refused++;
        if (wanted(one) === "refuse" && read) faults.push(says);
        if (wanted(one) === "take" && !read) faults.push(says);
      });
      assert.deepEqual(faults, []);
      assert.equal(front.calls.length, 0);
      t.diagnostic(`S1: ${posts.length} bodies: ${framed} read and found to be no JSON, ${refused} refused or waited for before`);
    } finally {
      await front.close();
    }
  });

  it("can fail", () => {
    const bare: Outcome = { statuses: [404], text: "", closed: false };
    assert.equal(verdict(bare), "understood");
    assert.equal(
      wanted({ id: "x", level: "MUST", expected: "400, or connection close", raw_base64: [], abbreviated: false }),
      "refuse",
    );
    assert.equal(wanted({ id: "x", level: "MUST", expected: "400/501 or close", raw_base64: [], abbreviated: false }), "refuse");
    assert.equal(wanted({ id: "x", level: "", expected: "400 or 2xx", raw_base64: [], abbreviated: false }), "either");
  });
});

/** `OPTIONS *`: this gateway has nothing to say of itself to who has no key, and grants no CORS. */
const refusedOnPurpose: ReadonlySet<string> = new Set(["COMP-OPTIONS-STAR"]);

const isPost = (bytes: Buffer | undefined): boolean => bytes?.toString("latin1").startsWith("POST / HTTP/1.1\r\n") === true;

function payload({ id, raw_base64, abbreviated }: Case): Buffer | undefined {
  const own = spelledOut[id];
  if (own !== undefined) return Buffer.from(own, "latin1");
  if (abbreviated || raw_base64.length === 0) return undefined;
  return Buffer.concat(raw_base64.map((text) => Buffer.from(text, "base64")));
}

function readBody(front: Front, one: Case): Promise<Outcome> {
  const text = payload(one)?.toString("latin1") ?? "";
  const changed = text.replace(
    "POST / HTTP/1.1\r\n",
    `POST /v1/chat/completions HTTP/1.1\r\nAuthorization: Bearer ${callerKey}\r\nContent-Type: application/json\r\n`,
  );
  return send(front.port, Buffer.from(changed, "latin1"));
}
