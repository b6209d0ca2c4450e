import assert from "node:assert/strict";
import { test } from "node:test";
import type { JsonObject } from "../canonical/json.ts";
import type { WireRequest } from "../wires/wire.ts";
import { geminiLike } from "./google.ts";
import { openai } from "./openai.ts";
import type { ConfiguredProvider } from "./provider.ts";
import { withSafety } from "./safety.ts";

const provider = (name: string, remote: ConfiguredProvider["remote"]): [string, ConfiguredProvider] => [
  name,
  { name, remote, baseUrl: "http://x", credentialFrom: "none needed", nativeWires: [], modelsUrl: "http://x" },
];
const providers = new Map([provider("google", geminiLike), provider("other", geminiLike), provider("openai", openai.remote)]);
const safety = { google: { HARM_CATEGORY_HARASSMENT: "BLOCK_MEDIUM_AND_ABOVE" } };

function sent(body: WireRequest["body"], enforced = false, verb = "generateContent"): unknown {
  const adapt = withSafety(providers, { safety, safetyEnforced: enforced }).get("google")?.remote.adapt;
  assert.ok(adapt);
  const path = `/v1beta/models/g:${verb}`;
  const made = adapt({ path, headers: {}, body }, { provider: "google", model: "g", baseUrl: "http://x" });
  const bytes = made.body;
  return Array.isArray(bytes) ? JSON.parse(Buffer.concat(bytes).toString()) : bytes;
}

const setting = (threshold: string, category = "HARM_CATEGORY_HARASSMENT"): JsonObject => ({ category, threshold });
const own = [setting("BLOCK_MEDIUM_AND_ABOVE")];

test("requests that say nothing get the operator's, relayed or translated, streams too", () => {
  for (const verb of ["generateContent", "streamGenerateContent?alt=sse"]) {
    assert.deepEqual(sent({ contents: [] }, false, verb), { contents: [], safetySettings: own });
    const pieces = [Buffer.from(' {"contents":[{"parts":[{"text":"1 {'), Buffer.from('"}]}],"x":1.0}')];
    assert.deepEqual(sent(pieces, false, verb), { safetySettings: own, contents: [{ parts: [{ text: "1 {" }] }], x: 1 });
    assert.deepEqual(sent([Buffer.from("{ }")], false, verb), { safetySettings: own });
  }
});

test("the caller's own stand, unless they are laxer than what is enforced", () => {
  const lax = [setting("BLOCK_NONE"), setting("OFF", "HARM_CATEGORY_HATE_SPEECH")];
  const strict = [setting("BLOCK_LOW_AND_ABOVE")];
  for (const spelled of ["safetySettings", "safety_settings"]) {
    for (const make of [(body: JsonObject) => body, (body: JsonObject) => [Buffer.from(JSON.stringify(body))]]) {
      assert.deepEqual(sent(make({ [spelled]: lax })), { safetySettings: lax });
      assert.deepEqual(sent(make({ [spelled]: lax }), true), { safetySettings: [...own, lax[1]] });
      assert.deepEqual(sent(make({ [spelled]: strict }), true), { safetySettings: strict });
      assert.deepEqual(sent(make({ [spelled]: [setting("WHATEVER")] }), true), { safetySettings: own });
      assert.deepEqual(sent(make({ [spelled]: [] })), { safetySettings: own });
    }
  }
});

test("no spelling of its name takes a setting past the operator", () => {
  const body = [Buffer.from('{"safety\\u0053ettings":[{"category":"HARM_CATEGORY_HARASSMENT","threshold":"OFF"}]}')];
  assert.deepEqual(sent(body, true), { safetySettings: own });
});

test("other requests and other providers are left alone", () => {
  assert.deepEqual(sent({ contents: [] }, true, "countTokens"), { contents: [] });
  const made = withSafety(providers, {
    safety: { ...safety, openai: { HARM_CATEGORY_HARASSMENT: "OFF" } },
    safetyEnforced: true,
  });
  assert.equal(made.get("other"), providers.get("other"));
  assert.equal(made.get("openai"), providers.get("openai"));
  assert.equal(withSafety(providers, { safety: {}, safetyEnforced: true }), providers);
});
