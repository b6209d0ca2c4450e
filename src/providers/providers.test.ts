import assert from "node:assert/strict";
import { test } from "node:test";
import { GatewayError } from "../canonical/error.ts";
import { Secret } from "../canonical/secret.ts";
import { gemini } from "../wires/gemini/index.ts";
import { openaiResponses } from "../wires/openai-responses/index.ts";
import { type ConfiguredProvider, knownNames, type ProviderOptions, resolveProviders } from "./index.ts";
import { ProviderError } from "./resolve.ts";

const variables = (env: { readonly [name: string]: string }) => ({
  get: (name: string) => env[name],
  source: (name: string) => (env[name] === undefined ? undefined : "environment"),
});

const resolve = (options: readonly ProviderOptions[], env: { readonly [name: string]: string } = {}) =>
  resolveProviders(options, variables(env));

const everyKey = Object.fromEntries(
  ["OPENAI", "ANTHROPIC", "GEMINI", "GROQ", "DEEPSEEK", "XAI"].map((name) => [`${name}_API_KEY`, "k"] as const),
);

const paths: { readonly [wire: string]: string } = {
  "openai-chat": "/chat/completions",
  "openai-responses": "/responses",
  "openai-embeddings": "/embeddings",
  gemini: "/v1beta",
  "anthropic-messages": "/v1/messages",
};

function urls(provider: ConfiguredProvider | undefined, model = "m"): readonly string[] {
  assert.ok(provider);
  const { name, baseUrl, credential, remote } = provider;
  return remote.endpoints.map(({ base, wire }) => {
    const before = base?.({ provider: name, model, baseUrl, credential }) ?? baseUrl;
    return before + (paths[wire.name] ?? assert.fail(wire.name));
  });
}

function only(option: ProviderOptions): ConfiguredProvider {
  const provider = resolve([option]).get(option.name);
  assert.ok(provider);
  return provider;
}

test("a credential in the environment is enough", () => {
  const providers = resolve([], { OPENAI_API_KEY: "sk-1\n" });
  assert.deepEqual([...providers.keys()], ["openai"]);
  const openai = providers.get("openai");
  assert.equal(openai?.credential?.reveal(), "sk-1");
  assert.equal(openai?.credentialFrom, "OPENAI_API_KEY (environment)");
  assert.equal(openai?.modelsUrl, "https://api.openai.com/v1/models");
  assert.deepEqual([...resolve([]).keys()], []);
});

test("each built-in provider is called where its documentation says", () => {
  const providers = resolve([], everyKey);
  assert.deepEqual([...providers.keys()], knownNames.providers);
  assert.deepEqual(
    Object.fromEntries([...providers].map(([name, provider]) => [name, [...urls(provider), provider.modelsUrl]])),
    {
      openai: [
        "https://api.openai.com/v1/chat/completions",
        "https://api.openai.com/v1/responses",
        "https://api.openai.com/v1/embeddings",
        "https://api.openai.com/v1/models",
      ],
      anthropic: ["https://api.anthropic.com/v1/messages", "https://api.anthropic.com/v1/models"],
      google: [
        "https://generativelanguage.googleapis.com/v1beta",
        "https://generativelanguage.googleapis.com/v1beta/models?pageSize=1000",
      ],
      groq: [
        "https://api.groq.com/openai/v1/chat/completions",
        "https://api.groq.com/openai/v1/embeddings",
        "https://api.groq.com/openai/v1/models",
      ],
      deepseek: [
        "https://api.deepseek.com/chat/completions",
        "https://api.deepseek.com/anthropic/v1/messages",
        "https://api.deepseek.com/models",
      ],
      xai: ["https://api.x.ai/v1/chat/completions", "https://api.x.ai/v1/embeddings", "https://api.x.ai/v1/models"],
    },
  );
});

test("base URLs are taken as the SDKs take them, and with the slips that are usual", () => {
  const openai = (baseUrl: string) => urls(only({ name: "openai", baseUrl, apiKey: "none" }));
  for (const base of [
    "http://h:1/v1",
    "HTTP://H:1/v1//",
    "http://h:1/v1/chat/completions",
    "http://h:1/v1/embeddings",
    "http://h:1/v1/responses",
  ]) {
    const all = ["http://h:1/v1/chat/completions", "http://h:1/v1/responses", "http://h:1/v1/embeddings"];
    assert.deepEqual(openai(base), all, base);
  }
  const google = (baseUrl: string) => urls(only({ name: "google", baseUrl, apiKey: "none" }));
  for (const base of ["http://h/p", "http://h/p/", "http://h/p/v1beta", "http://h/p/v1beta/models/", "http://h/p/v1"]) {
    assert.deepEqual(google(base), ["http://h/p/v1beta"], base);
  }
  const anthropic = (baseUrl: string) => urls(only({ name: "anthropic", baseUrl, apiKey: "none" }));
  for (const base of ["http://h/p", "http://h/p/", "http://h/p/v1", "http://h/p/v1/messages"]) {
    assert.deepEqual(anthropic(base), ["http://h/p/v1/messages"], base);
  }
  const deepseek = (baseUrl: string) => urls(only({ name: "deepseek", baseUrl, apiKey: "none" }));
  for (const base of ["http://h", "http://h/", "http://h/v1", "http://h/anthropic/"]) {
    assert.deepEqual(deepseek(base), ["http://h/chat/completions", "http://h/anthropic/v1/messages"], base);
  }
});

test("the configuration outranks the environment, and the environment the built-in URL", () => {
  const env = { OPENAI_API_KEY: "from-env", OPENAI_BASE_URL: "http://env/v1" };
  assert.deepEqual(urls(resolve([], env).get("openai"))[0], "http://env/v1/chat/completions");
  const said = resolve([{ name: "openai", baseUrl: "http://file/v1", apiKey: new Secret("from-file") }], env).get("openai");
  assert.deepEqual(urls(said)[0], "http://file/v1/chat/completions");
  assert.equal(said?.credential?.reveal(), "from-file");
});

test("a provider of the operator's own speaks the wire that was named", () => {
  const vllm = only({ name: "my-vllm", wire: "openai-chat", baseUrl: "http://127.0.0.1:8000/v1", apiKey: "none" });
  assert.deepEqual(urls(vllm), ["http://127.0.0.1:8000/v1/chat/completions", "http://127.0.0.1:8000/v1/embeddings"]);
  assert.equal(vllm.credential, undefined);
  const claude = only({
    name: "mine",
    wire: "anthropic-messages",
    baseUrl: "http://h",
    apiKey: new Secret("s"),
    quirks: { drop: ["x"] },
  });
  assert.deepEqual(urls(claude), ["http://h/v1/messages"]);
  assert.deepEqual(claude.remote.auth, { kind: "header", name: "x-api-key" });
  assert.deepEqual(claude.remote.quirks, { drop: ["x"] });
});

test("no model name leads a call, and with it the credential, to another host", () => {
  const own: ProviderOptions[] = knownNames.wires.map((wire) => ({
    name: `own-${wire}`,
    wire,
    baseUrl: "http://h:1/p",
    apiKey: new Secret("s"),
  }));
  for (const provider of resolve(own, everyKey).values()) {
    const { origin } = new URL(provider.baseUrl);
    for (const model of ["m", "@evil.example/", "//evil.example", "../../x", "\\evil", "a?b#c", "http://evil.example"]) {
      for (const url of [...urls(provider, model), provider.modelsUrl]) {
        assert.ok(url.startsWith(`${origin}/`), `${provider.name}: ${url}`);
        assert.equal(new URL(url).origin, origin);
      }
    }
  }
});

/** Where Gemini's wire would send a call for the model; undefined where it refuses to. */
function pathFor(model: string, stream: boolean): string | undefined {
  const messages = [{ role: "user", content: [{ type: "text", text: "Hello" }] }] as const;
  const target = { provider: "p", model, stream, callId: "call_1", quirks: {} };
  try {
    return gemini.codecs.chat?.encodeRequest({ model, messages }, target).wireRequest.path;
  } catch (thrown) {
    assert.ok(thrown instanceof GatewayError && thrown.code === "invalid_request");
    return undefined;
  }
}

test("no model name, nor the id of an answer, leaves the place in the path where it stands", () => {
  const target = { provider: "p", model: "", stream: false, callId: "call_1", quirks: {} };
  assert.equal(pathFor("gemini-3-flash", false), "/v1beta/models/gemini-3-flash:generateContent");
  for (const name of [
    "@evil.example/",
    "//evil.example",
    "../../x",
    "..",
    "\\evil",
    "a?b#c",
    "models/../../x",
    "a:b/../c",
    "é\r\nx",
    "%2e%2e/x",
  ]) {
    for (const stream of [true, false]) {
      const path = pathFor(name, stream);
      if (path === undefined) continue;
      const url = new URL(`http://h:1/base${path}`);
      assert.equal(url.origin, "http://h:1");
      assert.equal(url.hash, "");
      assert.match(
        url.pathname,
        /^\/base\/v1beta\/(?:models|tunedModels)\/[^?#]*:(?:streamGenerateContent|generateContent)$/,
        path,
      );
      assert.equal(`${url.pathname}${url.search}`, `/base${path}`, "it is sent as it was written");
    }
    const stored = () => openaiResponses.codecs.stored?.encodeRequest({ verb: "delete", id: name }, target);
    assert.throws(stored, { code: "invalid_request" });
  }
});

test("bare names go to the wire's inventor where it is configured, else to the first who speaks it", () => {
  const own: ProviderOptions = { name: "own", wire: "openai-chat", baseUrl: "http://h/v1", apiKey: "none" };
  const natives = (providers: ReadonlyMap<string, ConfiguredProvider>) =>
    [...providers.values()].flatMap(({ name, nativeWires }) => nativeWires.map((wire) => `${wire}: ${name}`));
  assert.deepEqual(natives(resolve([own], everyKey)), [
    "openai-chat: openai",
    "openai-embeddings: openai",
    "openai-responses: openai",
    "anthropic-messages: anthropic",
    "gemini: google",
  ]);
  assert.deepEqual(natives(resolve([own], { GROQ_API_KEY: "k" })), ["openai-chat: own", "openai-embeddings: own"]);
});

test("what is lacking is told, with the variable to set; a credential is never quoted", () => {
  const refused = (message: RegExp) => (error: unknown) =>
    error instanceof ProviderError && message.test(error.message) && !/hunter2/.test(error.message);
  assert.throws(() => resolve([{ name: "groq" }]), refused(/groq has no credential: set GROQ_API_KEY/));
  assert.throws(() => resolve([{ name: "own" }]), refused(/own is not built in/));
  assert.throws(
    () => resolve([{ name: "own", wire: "smoke", baseUrl: "http://h", apiKey: "none" }]),
    refused(/one of openai-chat, openai-responses, anthropic-messages, gemini/),
  );
  assert.throws(() => resolve([], { OPENAI_API_KEY: "hunter2\u{1F600}" }), refused(/OPENAI_API_KEY holds characters/));
  assert.throws(() => resolve([], { OPENAI_API_KEY: "k", OPENAI_BASE_URL: "http://u:hunter2@h" }), refused(/openai is no URL/));
});
