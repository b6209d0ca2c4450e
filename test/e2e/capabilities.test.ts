import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { JsonObject } from "../../src/canonical/json.ts";
import { type Stack, startStack } from "./stack.ts";

/* What a provider cannot take: warned of, or refused by name when the call is strict. Answers held to their schema. */

describe("capabilities", () => {
  let stack: Stack;
  before(async () => {
    stack = await startStack({
      yaml: "  picky: { wire: openai-chat, base_url: http://127.0.0.1:9/v1, api_key: none, quirks: { drop: [seed] } }",
    });
  });
  after(() => stack.close());

  const post = async (body: JsonObject, headers: Record<string, string> = {}, path = "/v1/chat/completions") => {
    const response = await fetch(`${stack.address}${path}`, {
      method: "POST",
      headers: { "content-type": "application/json", authorization: `Bearer ${stack.key}`, ...headers },
      body: JSON.stringify({ messages: [{ role: "user", content: "hi" }], ...body }),
    });
    return { status: response.status, headers: response.headers, text: await response.text() };
  };
  const sent = (): JsonObject => {
    const body = stack.simulator.journal.entries.at(-1)?.body;
    assert.ok(typeof body === "object" && body !== null && !Array.isArray(body) && "messages" in body);
    return { ...body };
  };

  test("lenient: what the other wire cannot say is dropped and named in the header", async () => {
    const { status, headers } = await post({ model: "ant/echo", seed: 7, logit_bias: { "1": 2 } });
    assert.equal(status, 200);
    assert.match(headers.get("x-polygate-warnings") ?? "", /seed/);
    assert.match(headers.get("x-polygate-warnings") ?? "", /logit_bias/);
    assert.ok(!("seed" in sent()));
  });

  test("strict: it is refused by name, and the provider is not called", async () => {
    const before = stack.simulator.journal.entries.length;
    const { status, text } = await post({ model: "ant/echo", seed: 7 }, { "x-polygate-strict": "true" });
    assert.equal(status, 400);
    assert.match(text, /seed/);
    assert.equal(stack.simulator.journal.entries.length, before);
    const relayed = await post({ model: "picky/echo", seed: 7 }, { "x-polygate-strict": "true" });
    assert.equal(relayed.status, 400);
    assert.match(relayed.text, /seed/);
  });

  test("`false` means false, and nonsense is refused", async () => {
    assert.equal((await post({ model: "ant/echo", seed: 7 }, { "x-polygate-strict": "false" })).status, 200);
    assert.equal((await post({ model: "ant/echo" }, { "x-polygate-strict": "yes" })).status, 400);
  });

  test("refuse: whatever would be dropped, approximated or emulated, by its JSON path; nothing is sent", async () => {
    const before = stack.simulator.journal.entries.length;
    const strict = { "x-polygate-strict": "refuse" };
    const refused: readonly (readonly [JsonObject, string])[] = [
      [{ model: "ant/echo", max_tokens: 9, seed: 7 }, "seed"],
      [{ model: "ant/echo", max_tokens: 9, response_format: { type: "json_object" } }, "response_format"],
      [{ model: "ant/echo", max_tokens: 9, messages: [{ role: "user", name: "Ann", content: "hi" }] }, "messages[0].name"],
      [{ model: "ant/echo" }, "max_tokens"],
      [{ model: "picky/echo", seed: 7 }, "seed"],
    ];
    for (const [body, path] of refused) {
      const { status, text } = await post(body, strict);
      const { error } = JSON.parse(text);
      assert.deepEqual([status, error.param], [400, path]);
    }
    assert.equal(stack.simulator.journal.entries.length, before);
    assert.equal((await post({ model: "ant/echo", max_tokens: 9 }, strict)).status, 200);
    const told = await post({ model: "ant/echo", max_tokens: 9, user: "u", metadata: { a: "b" } }, strict);
    assert.equal(told.status, 200);
  });

  test("allow: it goes on, the answer does not speak of it, the ledger does", async () => {
    const { status, headers } = await post({ model: "ant/echo", max_tokens: 9, seed: 7 }, { "x-polygate-strict": "allow" });
    assert.equal(status, 200);
    assert.equal(headers.get("x-polygate-warnings"), null);
    const row = (await stack.ledger()).at(-1);
    assert.equal(row?.call_id, headers.get("x-polygate-call-id"));
    assert.match(row?.warnings ?? "", /"kind":"dropped","code":"seed_dropped","at":"seed"/);
  });

  test("each key may have a policy of its own, which the header overrules", async () => {
    const yaml = `strict: allow
keys:
  - { id: free, secret: free-secret-0123456789 }
  - { id: careful, secret: careful-secret-0123456789, strict: refuse }
  - { id: told, secret: told-secret-0123456789, strict: "false" }`;
    const own = await startStack({ keys: false, yaml });
    const ask = async (key: string, word?: string) => {
      const response = await fetch(`${own.address}/v1/chat/completions`, {
        method: "POST",
        headers: {
          "content-type": "application/json",
          authorization: `Bearer ${key}-secret-0123456789`,
          ...(word !== undefined && { "x-polygate-strict": word }),
        },
        body: JSON.stringify({ model: "ant/echo", max_tokens: 9, seed: 7, messages: [{ role: "user", content: "hi" }] }),
      });
      await response.text();
      return `${response.status} ${response.headers.get("x-polygate-warnings")}`;
    };
    try {
      assert.equal(await ask("free"), "200 null");
      assert.match(await ask("careful"), /^400 seed_dropped/);
      assert.match(await ask("told"), /^200 seed_dropped at=seed/);
      assert.match(await ask("careful", "warn"), /^200 seed_dropped/);
      assert.match(await ask("told", "refuse"), /^400/);
    } finally {
      await own.close();
    }
  });

  test("no max_tokens to Anthropic: the model's own limit is sent", async () => {
    await post({ model: "ant/claude-opus-4-5-20251101" });
    assert.equal(sent()["max_tokens"], 64_000);
  });

  test("a tool name of 71 characters is shortened for the provider and whole for the caller, on both turns", async () => {
    const name = `mcp__${"very_long_server_name_".repeat(3)}`.slice(0, 71).padEnd(71, "x");
    const tools = [{ type: "function", function: { name, parameters: { type: "object", properties: {} } } }];
    for (const provider of ["ant", "oai"]) {
      const { text } = await post(
        { model: `${provider}/echo`, max_tokens: 99, tools: [{ name, input_schema: { type: "object", properties: {} } }] },
        { "anthropic-version": "2023-06-01" },
        "/v1/messages",
      );
      if (provider === "ant") continue;
      const answer = JSON.parse(text);
      const call = answer.content.find((block: { type: string }) => block.type === "tool_use");
      assert.equal(call.name, name);
      const upstream = sent()["tools"];
      assert.ok(Array.isArray(upstream));
      assert.ok(upstream[0].function.name.length <= 64);
      const turn = await post(
        {
          model: "oai/echo",
          max_tokens: 99,
          tools: [{ name, input_schema: { type: "object", properties: {} } }],
          messages: [
            { role: "user", content: "hi" },
            { role: "assistant", content: [call] },
            { role: "user", content: [{ type: "tool_result", tool_use_id: call.id, content: "done" }] },
          ],
        },
        { "anthropic-version": "2023-06-01" },
        "/v1/messages",
      );
      assert.equal(turn.status, 200, turn.text);
    }
    const { text } = await post({ model: "ant/echo", tools });
    assert.equal(JSON.parse(text).choices[0].message.tool_calls[0].function.name, name);
  });

  const schema = {
    type: "object",
    properties: { n: { type: "integer" } },
    required: ["n"],
    additionalProperties: false,
  };
  const format = { type: "json_schema", json_schema: { name: "n", schema, strict: true } };

  test("tools and a schema both arrive; a schema with thinking forces no tool", async () => {
    const tools = [{ type: "function", function: { name: "t", parameters: { type: "object", properties: {} } } }];
    const { status } = await post({ model: "ant/claude-sonnet-5", response_format: format, tools, reasoning_effort: "high" });
    assert.equal(status, 200);
    const body = sent();
    assert.ok(Array.isArray(body["tools"]) && body["tools"].length === 1);
    assert.ok(body["output_config"]);
    assert.ok(!("tool_choice" in body));
  });

  for (const provider of ["oai", "ant"]) {
    for (const stream of [false, true]) {
      test(`an answer that breaks its schema: ${provider}${stream ? ", streamed" : ""}`, async () => {
        const broken = { model: `${provider}/off-schema`, max_tokens: 99, stream, response_format: format };
        const lenient = await post(broken);
        assert.equal(lenient.status, 200);
        if (!stream) assert.match(lenient.headers.get("x-polygate-warnings") ?? "", /schema_violation/);
        const strict = await post(broken, { "x-polygate-strict": "true" });
        if (stream) {
          assert.equal(strict.status, 200);
          assert.match(strict.text, /schema_violation/);
          assert.doesNotMatch(strict.text, /\[DONE\]/);
        } else {
          assert.equal(strict.status, 422);
          assert.match(strict.text, /schema_violation/);
          assert.match(strict.text, /#/);
        }
      });
    }
  }
});
