import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { Json } from "../../canonical/json.ts";
import { rawRequest, unchunk } from "../faults/raw-client.ts";
import { startSimulator } from "../index.ts";
import { Discovery } from "./discovery.ts";

const document = JSON.stringify({
  schemas: {
    Pet: {
      id: "Pet",
      type: "object",
      properties: {
        petName: { type: "string" },
        age: { type: "integer", format: "int32" },
        kind: { type: "string", enum: ["CAT", "DOG"] },
        weight: { type: "number", format: "float" },
        chip: { type: "string", format: "int64" },
        photo: { type: "string", format: "byte" },
        tame: { type: "boolean" },
        friends: { type: "array", items: { $ref: "Pet" } },
        friendOf: { type: "object", additionalProperties: { $ref: "Pet" } },
        anything: { type: "any" },
      },
    },
  },
});

test("what the service's reader takes is taken", () => {
  const check = new Discovery(document).check("Pet");
  const pet = { petName: "a", age: "3", kind: "cat", weight: 1.5, chip: 7, photo: "_-8=", tame: true, anything: [{}, 1] };
  assert.deepEqual(check(pet), []);
  assert.deepEqual(check({ pet_name: "a", friend_of: { b: pet }, friends: [pet] }), []);
  assert.deepEqual(check({ petName: null, friends: pet, kind: 1 }), []);
});

test("what it refuses is refused in its words, at its paths", () => {
  const check = new Discovery(document).check("Pet");
  const one = (value: Json): string => check(value).join("\n");
  assert.equal(one({ foo: 1 }), 'Invalid JSON payload received. Unknown name "foo": Cannot find field.');
  assert.equal(
    one({ friends: [{}, { friendOf: { a: {}, b: { foo: 1 } } }] }),
    `Invalid JSON payload received. Unknown name "foo" at 'friends[1].friend_of[1].value': Cannot find field.`,
  );
  assert.equal(
    one({ friends: [{ petName: ["a"] }] }),
    `Invalid JSON payload received. Unknown name "pet_name" at 'friends[0]': Proto field is not repeating, cannot start list.`,
  );
  assert.equal(one({ kind: "BIRD" }), `Invalid value at 'kind' (TYPE_ENUM), "BIRD"`);
  assert.equal(one({ age: 1.5 }), "Invalid value at 'age' (TYPE_INT32), 1.5");
  assert.equal(one({ petName: 1 }), "Invalid value at 'pet_name' (TYPE_STRING), 1");
  assert.equal(one({ tame: "yes" }), `Invalid value at 'tame' (TYPE_BOOL), "yes"`);
  assert.equal(one({ photo: "ä" }), `Invalid value at 'photo' (TYPE_BYTES), "ä"`);
  assert.match(one({ friendOf: "a" }), /^Invalid value at 'friend_of'/);
  assert.throws(() => new Discovery(document).check("Plant"), /no schema Plant/);
});

const directory = process.env["POLYGATE_SPECS"] ?? join(import.meta.dirname, "../../../../shared/specs");
const skip = !existsSync(directory) && process.env["CI"] !== "true" && "no specifications here";

const declared = { functionDeclarations: [{ name: "f", parameters: { type: "OBJECT", properties: { a: { type: "STRING" } } } }] };
const variants: readonly object[] = [
  {},
  { tools: [declared] },
  { tools: [{ googleSearch: {} }, { codeExecution: {} }] },
  { generationConfig: { thinkingConfig: { includeThoughts: true }, candidateCount: 2 } },
  { generationConfig: { responseModalities: ["TEXT", "IMAGE", "AUDIO"] } },
  { generationConfig: { responseLogprobs: true, logprobs: 3 }, cachedContent: "cachedContents/9" },
];

test("what the simulator serves conforms to the discovery document", { skip }, async () => {
  const text = readFileSync(join(directory, "gemini", "generativelanguage.v1beta.discovery.json"), "utf8");
  const spec = new Discovery(text);
  const check = spec.check("GenerateContentResponse");
  await using stack = new AsyncDisposableStack();
  const simulator = await startSimulator({ specsDir: directory });
  stack.defer(() => simulator.close());
  const post = async (path: string, body: object): Promise<string> => {
    const reply = await rawRequest(simulator.port, `/v1beta/models/${path}`, { "x-goog-api-key": "k" }, JSON.stringify(body));
    return reply.head.includes("chunked") ? Buffer.concat(unchunk(reply.body).pieces).toString() : reply.body.toString();
  };
  const contents = [{ role: "user", parts: [{ text: "one two" }] }];
  for (const model of ["echo", "reasoner", "parallel", "same-name", "refuser", "filtered", "reciter", "no-call-ids"]) {
    for (const variant of variants) {
      const body = { contents, ...variant };
      const about = `${model} ${JSON.stringify(variant)}`;
      const whole: Json = JSON.parse(await post(`${model}:generateContent`, body));
      assert.deepEqual(check(whole), [], about);
      assert.ok(!JSON.stringify(whole).includes('"error"'), JSON.stringify(whole));
      for (const line of (await post(`${model}:streamGenerateContent?alt=sse`, body)).split("\r\n\r\n").filter(Boolean))
        assert.deepEqual(check(JSON.parse(line.slice("data: ".length))), [], about);
    }
  }
  const conforms = async (schema: string, path: string, body: object): Promise<void> =>
    assert.deepEqual(spec.check(schema)(JSON.parse(await post(path, body))), [], path);
  await conforms("CountTokensResponse", "echo:countTokens", { contents });
  await conforms("CountTokensResponse", "echo:countTokens", { generateContentRequest: { model: "models/echo", contents } });
  await conforms("EmbedContentResponse", "echo:embedContent", { content: contents[0] });
  const requests = [{ model: "models/echo", content: contents[0] }];
  await conforms("BatchEmbedContentsResponse", "echo:batchEmbedContents", { requests });
  const list: Json = JSON.parse(await (await fetch(`${simulator.url}/v1beta/models?key=k`)).text());
  assert.deepEqual(spec.check("ListModelsResponse")(list), []);
  const unknown: { readonly error: { readonly message: string; readonly details: Json } } = JSON.parse(
    await post("echo:generateContent", { contents, generationConfig: { maxTokens: 1 } }),
  );
  assert.equal(
    unknown.error.message,
    `Invalid JSON payload received. Unknown name "maxTokens" at 'generation_config': Cannot find field.`,
  );
  assert.match(JSON.stringify(unknown.error.details), /BadRequest","fieldViolations":\[\{"field":"generation_config"/);
});
