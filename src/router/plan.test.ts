import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { withRequest } from "../canonical/call.ts";
import { GatewayError } from "../canonical/error.ts";
import { Secret } from "../canonical/secret.ts";
import { type ConfiguredProvider, type ProviderOptions, resolveProviders } from "../providers/index.ts";
import type { Candidate } from "./candidate.ts";
import { planner } from "./plan.ts";
import { callOf, wires } from "./testing/calls.ts";

const { openai, anthropic } = wires;
assert.ok(openai && anthropic);
const wireOf = { openai, anthropic };

const resolve = (options: readonly ProviderOptions[]): ReadonlyMap<string, ConfiguredProvider> =>
  resolveProviders(options, { get: () => undefined, source: () => undefined });
const builtIn = resolve([
  { name: "groq", apiKey: new Secret("sk-groq") },
  { name: "openai", apiKey: new Secret("sk-openai") },
  { name: "deepseek", apiKey: new Secret("sk-deepseek") },
  { name: "anthropic", apiKey: new Secret("sk-anthropic") },
]);

const urlOf = ({ base, endpoint }: Candidate): string =>
  base + (endpoint.wire.name === "anthropic-messages" ? "/v1/messages" : "/chat/completions");

function planned(model: string, caller: keyof typeof wireOf = "openai", providers = builtIn): string {
  try {
    const { candidates } = planner(providers)(callOf(wireOf[caller], model));
    assert.equal(candidates.length, 1);
    return candidates.map((one) => `${one.deployment.provider} ${one.deployment.model} ${urlOf(one)}`).join();
  } catch (thrown) {
    assert.ok(thrown instanceof GatewayError);
    assert.equal(thrown.param, "model");
    return `${thrown.code}: ${thrown.message}`;
  }
}

describe("a model's name", () => {
  it("with a provider before the slash goes there, whatever follows", () => {
    const chat = "https://api.groq.com/openai/v1/chat/completions";
    assert.equal(planned("groq/llama-3"), `groq llama-3 ${chat}`);
    assert.equal(planned("groq/meta-llama/llama-4"), `groq meta-llama/llama-4 ${chat}`);
    assert.equal(planned("groq/openai/gpt-oss-20b"), `groq openai/gpt-oss-20b ${chat}`);
    assert.equal(planned("groq//"), `groq / ${chat}`);
    assert.equal(planned("groq/llama-3", "anthropic"), `groq llama-3 ${chat}`);
  });

  it("that is bare goes to the provider whose own wire the caller speaks, not to one that only speaks it too", () => {
    assert.equal(planned("gpt-5"), "openai gpt-5 https://api.openai.com/v1/chat/completions");
    assert.equal(planned("gpt-5", "anthropic"), "anthropic gpt-5 https://api.anthropic.com/v1/messages");
    assert.match(
      planned("gpt-5", "anthropic", resolve([{ name: "groq", apiKey: "none" }])),
      /^model_not_found: .* provider\/model; the providers configured here are groq\./,
    );
  });

  it("that is bare finds its way too when a step has changed the call's request", () => {
    const call = callOf(wireOf.anthropic, "gpt-5");
    const [candidate] = planner(builtIn)(withRequest(call, call.request)).candidates;
    assert.equal(candidate && urlOf(candidate), "https://api.anthropic.com/v1/messages");
  });

  it("of nobody is refused, with the nearest providers", () => {
    assert.match(
      planned("gorq/llama-3"),
      /^model_not_found: The model `gorq\/llama-3` is not known here\. Did you mean `groq\/llama-3`\?$/,
    );
    assert.match(planned("opnai/a/b"), /Did you mean `openai\/a\/b`\?/);
    assert.match(planned("mistral/large"), /the providers configured here are groq, openai, deepseek, anthropic\./);
    assert.match(planned("groq/"), /^model_not_found: `groq\/` names a provider but no model: write groq\/<model>\.$/);
    assert.match(planned("/x"), /^model_not_found/);
    assert.match(planned("x", "openai", new Map()), /No provider is configured/);
    assert.ok(planned(`gorq/${"x".repeat(9999)}`).length < 400);
    for (const name of ["__proto__/x", "constructor/x", "toString/x"]) assert.match(planned(name), /^model_not_found/);
  });
});

describe("a candidate", () => {
  it("speaks the caller's wire where the provider does", () => {
    assert.match(planned("deepseek/chat"), /https:\/\/api\.deepseek\.com\/chat\/completions$/);
    assert.match(planned("deepseek/chat", "anthropic"), /https:\/\/api\.deepseek\.com\/anthropic\/v1\/messages$/);
  });

  it("for a call over no wire is reached on the provider's first endpoint", () => {
    const call = callOf(anthropic, "deepseek/chat", { callerWire: undefined, source: undefined });
    const [candidate] = planner(builtIn)(call).candidates;
    assert.match(candidate ? urlOf(candidate) : "", /chat\/completions$/);
  });
});
