import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { GatewayError } from "../../canonical/error.ts";
import { isObject, type Json, type JsonObject } from "../../canonical/json.ts";
import { finished } from "../../canonical/terminal.ts";
import { gemini } from "./index.ts";
import { chat, counting, decoder, embed, encoder, event, incoming, target } from "./testing/setting.ts";

/* Whatever callers and providers send, nothing but a GatewayError is thrown, and nothing is sent that is no JSON. */

const names = [
  ...["contents", "parts", "role", "text", "thought", "thoughtSignature", "inlineData", "inline_data", "mimeType", "data"],
  ...["functionCall", "function_call", "functionResponse", "name", "args", "id", "response", "fileData", "fileUri", "tools"],
  ...["functionDeclarations", "parameters", "generationConfig", "thinkingConfig", "responseSchema", "toolConfig", "type"],
  ...["functionCallingConfig", "allowedFunctionNames", "mode", "systemInstruction", "candidates", "content", "finishReason"],
  ...["usageMetadata", "promptTokenCount", "totalTokenCount", "groundingMetadata", "groundingChunks", "error", "code", "index"],
  ...["promptFeedback", "blockReason", "partialArgs", "jsonPath", "stringValue", "willContinue", "requests", "model", "values"],
  ...["embedding", "generateContentRequest", "totalTokens", "__proto__", "logprobsResult", "chosenCandidates", "token"],
];
const words = ["user", "model", "STOP", "OBJECT", "$.a.b[0]", "", "image/png", "aGk_", "application/json", "x"];

const { json } = fc.letrec<{ json: Json; object: JsonObject }>((tie) => ({
  json: fc.oneof(
    { maxDepth: 5 },
    fc.constantFrom<Json>(null, true, false, 0, 1, -1, 2.5, 1e300, ...words),
    fc.array(tie("json"), { maxLength: 3 }),
    tie("object"),
  ),
  object: fc.dictionary(fc.constantFrom(...names), tie("json"), { maxKeys: 4 }),
}));
const object = json.filter(isObject);

function onlyOurs(run: () => unknown): void {
  try {
    run();
  } catch (error) {
    assert(error instanceof GatewayError, String(error));
    assert(error.code !== "internal");
  }
}

test("strange requests are refused by name or read", () => {
  fc.assert(
    fc.property(
      object,
      fc.constantFrom("contents", "tools", "generationConfig", "toolConfig", "systemInstruction", "none"),
      (body, under) => {
        const contents = [{ parts: [{ text: "x" }] }];
        const whole: JsonObject = under === "none" ? body : { contents, [under]: body };
        onlyOurs(() => {
          const request = chat.decodeRequest(incoming(whole)).request();
          JSON.stringify(chat.encodeRequest(request, target()).wireRequest.body);
          chat.encodeRequest({ ...request, extraOrigin: "openai-chat" }, target({ model: "gemini-2.5-pro" }));
        });
        for (const verb of ["embedContent", "batchEmbedContents"]) {
          onlyOurs(() => embed.encodeRequest(embed.decodeRequest(incoming(whole, verb)).request(), target()));
        }
        onlyOurs(() => counting.encodeRequest(counting.decodeRequest(incoming(whole, "countTokens")).request(), target()));
      },
    ),
    { numRuns: 1500 },
  );
});

test("strange replies are read as far as they go", () => {
  fc.assert(
    fc.property(fc.array(json, { maxLength: 4 }), (bodies) => {
      const reader = decoder();
      const { relay } = chat.relay(
        { wire: "gemini", path: "", query: "", headers: {}, body: new Uint8Array(), json: {}, members: new Map() },
        target({ stream: true }),
      );
      const writer = encoder();
      const chunks = bodies.flatMap((body) => {
        assert.equal(relay.push(event(body)), "keep");
        return reader.push(event(body));
      });
      relay.observed();
      for (const written of [...[...chunks, ...reader.end()].flatMap((chunk) => writer.push(chunk)), ...writer.end(finished)]) {
        JSON.parse(written.data);
      }
      const [first = null] = bodies;
      if (isObject(first)) {
        onlyOurs(() => encoder().whole(decoder().whole(first)));
        gemini.decodeError(400, {}, first, "google");
      }
      gemini.decodeError(500, {}, JSON.stringify(first), "google");
    }),
    { numRuns: 1500 },
  );
});
