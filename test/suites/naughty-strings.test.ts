import assert from "node:assert/strict";
import { request } from "node:http";
import { after, before, describe, it } from "node:test";
import { z } from "zod";
import { canaries } from "../e2e/reliability/ask.ts";
import { startGuardedStack } from "../e2e/reliability/guarded-stack.ts";
import type { Stack } from "../e2e/stack.ts";
import { eachOf, suiteFile } from "./kit.ts";

/* S8 and others: the big list of naughty strings in every place a caller may put a text, through the gateway to a provider that repeats. */

const file = suiteFile("big-list-of-naughty-strings/blns.json");
const strings = file === undefined ? [] : z.array(z.string()).parse(JSON.parse(file.toString()));
const skip = file === undefined ? "no specifications here" : false;

const reply = z.object({ choices: z.tuple([z.object({ message: z.object({ content: z.string().nullable() }) })]) });
const streamed = z.object({ choices: z.array(z.object({ delta: z.object({ content: z.string().nullish() }) })) });
const refusal = z.object({ error: z.object({ message: z.string(), code: z.string().nullable() }) });

const labelled = z.object({ naughty: z.string().optional() });
const secretOf = (at: number): string => `pg-naughty-${at}-0123456789abcdef`;

interface Answer {
  readonly status: number;
  readonly headers: { readonly [name: string]: string | readonly string[] | undefined };
  readonly text: string;
}

describe("S8: naughty strings", { timeout: 180_000, skip }, () => {
  let stack: Stack;
  before(async () => {
    const keys = [
      { id: "dev", secret: canaries.key },
      ...strings.map((text, at) => ({ id: `k${at}`, secret: secretOf(at), labels: text === "" ? {} : { naughty: text } })),
    ];
    stack = await startGuardedStack({ keys: false, yaml: `keys: ${JSON.stringify(keys).replaceAll("${", "$${")}` });
  });
  after(() => stack.close());

  /** By Node's client: fetch would normalise. */
  const call = (
    body: unknown,
    headers: { readonly [name: string]: string } = {},
    path = "/v1/chat/completions",
  ): Promise<Answer> =>
    new Promise((resolve, reject) => {
      const { hostname, port } = new URL(stack.address);
      const bytes = JSON.stringify(body);
      const sent = request({
        ...{ hostname, port, path, method: "POST" },
        headers: {
          "content-type": "application/json",
          "content-length": Buffer.byteLength(bytes),
          authorization: `Bearer ${canaries.key}`,
          ...headers,
        },
      });
      sent.on("error", reject);
      sent.on("response", (response) => {
        const pieces: Buffer[] = [];
        response.on("data", (piece: Buffer) => pieces.push(piece));
        response.on("end", () =>
          resolve({ status: response.statusCode ?? 0, headers: response.headers, text: Buffer.concat(pieces).toString() }),
        );
      });
      sent.end(bytes);
    });
  const prompt = (content: string, model = "oai/echo", more: object = {}) => ({
    model,
    messages: [{ role: "user", content }],
    ...more,
  });

  for (const provider of ["oai", "ant"]) {
    it(`come back as they went, ${provider === "oai" ? "relayed" : "translated"}`, async (t) => {
      const faults: string[] = [];
      let same = 0;
      await eachOf(strings, async (text) => {
        if (text === "") return;
        const content = `<${text}>`;
        const { status, text: said } = await call(prompt(content, `${provider}/echo`));
        const heard = status === 200 ? reply.parse(JSON.parse(said)).choices[0].message.content : undefined;
        if (heard === content) same++;
        else faults.push(`${JSON.stringify(text)}: ${status} ${said.slice(0, 200)}`);
      });
      t.diagnostic(`${same} of ${strings.length} came back the same`);
      assert.deepEqual(faults, []);
    });
  }

  it("come back as they went in streams", async (t) => {
    const faults: string[] = [];
    let same = 0;
    await eachOf(strings, async (text) => {
      for (const provider of ["oai", "ant"]) {
        const content = `<${text}>`;
        const { status, text: said } = await call(prompt(content, `${provider}/echo`, { stream: true }));
        const events = [...said.matchAll(/^data: (\{[^\n]*\})$/gm)].map(([, data = ""]) => streamed.safeParse(JSON.parse(data)));
        const heard = events.map((event) => event.data?.choices[0]?.delta.content ?? "").join("");
        if (status === 200 && heard === content) same++;
        else faults.push(`${JSON.stringify(text)}: ${status} ${JSON.stringify(heard)}`);
      }
    });
    t.diagnostic(`${same} of ${strings.length * 2} streams were the same`);
    assert.deepEqual(faults, []);
  });

  it("as a model's name are not found, in clean JSON, and nobody is asked", async (t) => {
    const faults: string[] = [];
    const before = stack.simulator.journal.entries.length;
    let told = 0;
    await eachOf(strings, async (text) => {
      const { status, text: said, headers } = await call(prompt("hi", `nowhere/${text}`));
      const refused = refusal.safeParse(JSON.parse(said));
      if (status !== 404 || !refused.success || headers["x-polygate-provider"] !== "none")
        faults.push(`${JSON.stringify(text)}: ${status} ${said}`);
      else told++;
    });
    t.diagnostic(`${told} of ${strings.length} not found`);
    assert.deepEqual(faults, []);
    assert.equal(stack.simulator.journal.entries.length, before);
  });

  it("as a provider's model name reach it as they are or are refused, and never break an answer's head", async () => {
    const faults: string[] = [];
    await eachOf(strings, async (text) => {
      const { status, text: said } = await call(prompt("hi", `oai/${text}`));
      if (status >= 500) faults.push(`${JSON.stringify(text)}: ${status} ${said}`);
      JSON.parse(said);
    });
    assert.deepEqual(faults, []);
  });

  it("in headers, names of users, tools and fields change nothing", async (t) => {
    const faults: string[] = [];
    let headersSent = 0;
    await eachOf(strings, async (text) => {
      const legal = /^[\x21-\x7e\x80-\xff](?:[\t\x20-\x7e\x80-\xff]*[\x21-\x7e\x80-\xff])?$/.test(text);
      if (legal) headersSent++;
      const headers = legal
        ? { "x-request-id": text, traceparent: text, "user-agent": text, "x-naughty": text, cookie: text }
        : {};
      const plain = await call(prompt("hi", "oai/echo", { user: text }), headers);
      const heard = plain.status === 200 ? reply.parse(JSON.parse(plain.text)).choices[0].message.content : undefined;
      if (heard !== "hi" || plain.text.includes("x-naughty"))
        faults.push(`header ${JSON.stringify(text)}: ${plain.status} ${plain.text.slice(0, 200)}`);
      const named = { [text]: text, nested: { [text]: [text] } };
      const field = await call(
        prompt("hi", "oai/echo", { metadata: named, tools: [{ type: "function", function: { name: text, description: text } }] }),
      );
      if (field.status >= 500) faults.push(`field ${JSON.stringify(text)}: ${field.status} ${field.text.slice(0, 200)}`);
      for (const [name, value] of Object.entries(plain.headers)) {
        if (legal && text.length > 3 && name.startsWith("x-polygate") && String(value).includes(text))
          faults.push(`${name} repeats ${text}`);
      }
    });
    t.diagnostic(`${headersSent} of ${strings.length} are legal in a header`);
    assert.deepEqual(faults, []);
  });

  it("as a key are refused alike", async () => {
    const told = new Set<string>();
    for (const text of strings) {
      if (!/^[\x21-\x7e]+$/.test(text)) continue;
      const { status, text: said, headers } = await call(prompt("hi"), { authorization: `Bearer ${text}` });
      assert.ok(status === 401 || status === 429, `${text}: ${status}`);
      told.add(`${status} ${said.replaceAll(String(headers["x-polygate-call-id"]), "ID")}`);
    }
    assert.equal(told.size, 2, [...told].join("\n"));
  });

  it("as a key's labels stand in the books as they are", async () => {
    await eachOf(
      strings.map((_, at) => at),
      async (at) => {
        const { status } = await call(prompt("labelled"), { authorization: `Bearer ${secretOf(at)}` });
        assert.equal(status, 200);
      },
    );
    const rows = await stack.ledger();
    const found = new Map(rows.map((row) => [row.key_id, labelled.parse(JSON.parse(row.labels ?? "{}")).naughty ?? ""]));
    assert.deepEqual(
      strings.map((_, at) => found.get(`k${at}`)),
      strings,
    );
    assert.deepEqual(stack.troubles, []);
  });
});
