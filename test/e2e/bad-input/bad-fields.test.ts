import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { ask, bodyOf, callerWires, canaries, type Heard, providers } from "../reliability/ask.ts";
import { startGuardedStack } from "../reliability/guarded-stack.ts";
import { type RawUpstream, startRawUpstream, whole, wholeStream } from "../reliability/raw-upstream.ts";
import { streamOf } from "../reliability/streams.ts";
import { readError } from "../reliability/verdict.ts";
import type { Stack } from "../stack.ts";
import { fields, samples } from "./fields.ts";

/*
 * Top-level fields of every wrong type. Translated, the gateway has to understand the field and refuses it by its name; relayed, it
 * may leave the verdict to the provider, but must not fall over it.
 */

describe("fields of the wrong type", { timeout: 120_000 }, () => {
  let upstream: RawUpstream;
  let stack: Stack;
  before(async () => {
    // A provider that takes everything: what is refused, the gateway refused.
    upstream = await startRawUpstream(({ socket, path, body }) => {
      const stream = streamOf(path);
      socket.write(body["stream"] === true ? wholeStream(stream.frames) : whole(200, stream.reply));
    });
    stack = await startGuardedStack({ upstream: upstream.url });
  });
  after(async () => {
    await Promise.all([stack.close(), upstream.close()]);
  });

  for (const caller of callerWires) {
    const send = (body: unknown): Promise<Heard> => ask(stack.address, caller, body, { key: canaries.key });
    const [relaying, translating] = caller === "openai" ? ["oai", "ant"] : ["ant", "oai"];

    test(`${caller}: every field, every type`, async (t) => {
      let refusals = 0;
      let taken = 0;
      let left = 0;
      const wrong: string[] = [];
      for (const [field, allowed] of Object.entries(fields[caller])) {
        for (const [kind, value] of Object.entries(samples)) {
          for (const provider of [relaying, translating]) {
            const base = bodyOf(caller, `${provider}/x`, false);
            const legal = allowed === "passed" || allowed.some((one) => one === kind);
            // A model of the right type is any text; the provider is found by it.
            const given = field === "model" && kind === "text" ? `${provider}/seven` : value;
            const answer = await send({ ...base, [field]: given });
            const says = `${field} = ${JSON.stringify(given)} at ${provider}: ${answer.status} ${answer.text.slice(0, 160)}`;
            if (answer.status === 200) {
              if (!legal && provider === translating) wrong.push(says);
              if (legal) taken++;
              else left++;
              continue;
            }
            if (answer.status !== 400) wrong.push(says);
            const message = readError(caller, answer);
            if (legal) wrong.push(says);
            else if (!message.includes(`\`${field}`)) wrong.push(says);
            else refusals++;
          }
        }
      }
      t.diagnostic(
        `${refusals} refused by name, ${taken} taken, ${left} relayed for the provider to judge; ${wrong.length} wrong`,
      );
      assert.deepEqual(wrong, []);
    });

    test(`${caller}: what must be there`, async () => {
      const messages = [{ role: "user", content: "hi" }];
      const model = `${translating}/x`;
      const max_tokens = 5;
      const cases: readonly (readonly [body: unknown, param: string])[] = [
        [{ messages, max_tokens }, "model"],
        [{ model: "", messages, max_tokens }, "model"],
        [{ model, max_tokens }, "messages"],
        [{ model, messages: [], max_tokens }, "messages"],
        [{ model, messages: ["hi"], max_tokens }, "messages[0]"],
        [{ model, messages: [{ content: "hi" }], max_tokens }, "messages[0]"],
        [{ model, messages: [{ role: "wizard", content: "hi" }], max_tokens }, "messages[0].role"],
        [{ model, messages: [{ role: "user", content: 7 }], max_tokens }, "messages[0].content"],
        [{ model, messages: [{ role: "user", content: [{ type: "text", text: 7 }] }], max_tokens }, "messages[0].content[0]"],
      ];
      for (const [body, param] of cases) {
        const answer = await send(body);
        assert.equal(answer.status, 400, `${JSON.stringify(body)}: ${answer.text}`);
        const message = readError(caller, answer);
        assert.ok(message.includes(param), `${JSON.stringify(body)}: ${message}`);
      }
    });

    test(`${caller}: models that cannot be found`, async () => {
      for (const stream of [true, false]) {
        const cases: readonly (readonly [model: string, says: RegExp])[] = [
          ["oia/gpt", /`oai\/gpt`/],
          ["OAI/gpt", /`oai\/gpt`/],
          ["antt/claude", /`ant\/claude`/],
          ["nowhere/gpt", /oai, ant/],
          ["oai/", /oai\/<model>/],
          ["/", /provider\/model/],
          [`oia/${"m".repeat(1_000_000)}`, /oai\/m{50}/],
          [`${"m".repeat(1_000_000)}/x`, /m{50}/],
          ["constructor/x", /provider\/model/],
          ["__proto__/x", /provider\/model/],
          ["toString/x", /provider\/model/],
        ];
        for (const [model, says] of cases) {
          const answer = await send(bodyOf(caller, model, stream));
          assert.equal(answer.status, 404, `${model.slice(0, 50)}: ${answer.text.slice(0, 200)}`);
          const message = readError(caller, answer);
          assert.match(message, says);
          assert.ok(answer.text.length < 1000);
          assert.equal(answer.headers["x-polygate-provider"], "none");
        }
      }
    });

    test(`${caller}: model names that would be headers, paths or worse`, async () => {
      const names = [
        "x\r\nset-cookie: a=b",
        "x\r\n\r\n<script>alert(1)</script>",
        "x\nx-polygate-model: other",
        "../../admin",
        "a?b#c",
        "%0d%0aset-cookie:%20a",
        "größe 世界 👋",
        "\u0000\u001b[31m",
        "m".repeat(1_000_000),
        "__proto__",
      ];
      for (const provider of providers) {
        for (const name of names) {
          for (const stream of [true, false]) {
            const before = upstream.count(name);
            const answer = await send(bodyOf(caller, `${provider}/${name}`, stream));
            assert.equal(answer.status, 200, answer.text.slice(0, 300));
            assert.equal(upstream.count(name), before + 1, "the provider is given the name as it is");
            assert.equal(answer.headers["set-cookie"], undefined);
            const served = answer.headers["x-polygate-model"] ?? "";
            assert.match(served, /^[\x20-\x7e]{1,256}$/);
          }
        }
      }
      const rows = await stack.ledger();
      const longest = Math.max(...rows.map((row) => row.requested_model.length + row.upstream_model.length));
      assert.ok(longest <= 1200, `the ledger keeps names of ${longest} characters`);
    });

    test(`${caller}: a provider that answers with the credential in its words`, async () => {
      for (const provider of providers) {
        const secret = provider === "oai" ? canaries.openaiCredential : canaries.anthropicCredential;
        const telling = await startRawUpstream(({ socket }) => {
          const error = { type: "invalid_request_error", message: `the key ${secret} may not do this` };
          socket.end(whole(400, JSON.stringify({ type: "error", error })));
        });
        const told = await startGuardedStack({ upstream: telling.url });
        try {
          const answer = await ask(told.address, caller, bodyOf(caller, `${provider}/x`, false), { key: canaries.key });
          assert.equal(answer.status, 400);
          assert.match(readError(caller, answer), /the key \[secret\] may not/);
        } finally {
          // Closing looks for canaries in every answer and in the ledger's files.
          await Promise.all([told.close(), telling.close()]);
        }
      }
    });
  }
});
