import { isObject, type JsonObject } from "../../../../src/canonical/json.ts";
import { type Simulator, type SimulatorOptions, startSimulator } from "../../../../src/simulator/index.ts";
import { type WireName, wireNames } from "../../../conformance/loader.ts";
import { type AskOptions, ask, type Heard } from "../../reliability/ask.ts";
import { type Stack, type StackOptions, startStack } from "../../stack.ts";

export { type WireName, wireNames };

/** The providers of a stack under test, by the wire they speak. */
export const providerOf: { readonly [wire in WireName]: string } = {
  "openai-chat": "oai",
  "openai-responses": "res",
  "anthropic-messages": "ant",
  gemini: "gem",
};

/** Every ingress with every upstream. */
export const pairs: readonly { readonly caller: WireName; readonly upstream: WireName }[] = wireNames.flatMap((caller) =>
  wireNames.map((upstream) => ({ caller, upstream })),
);

export interface FourWires extends Stack {
  /** The simulator behind all four providers, where no other upstream was named. */
  readonly provider: Simulator;
  /** What the simulator was last sent; read at once after the answer. */
  sent(): JsonObject;
  post(wire: WireName, model: string, body: JsonObject, options?: PostOptions): Promise<Heard>;
}

export interface PostOptions extends AskOptions {
  readonly stream?: boolean | undefined;
  /** In place of the gateway's own. */
  readonly address?: string | undefined;
}

/** A gateway whose providers `oai`, `res`, `ant` and `gem` speak one wire each, all at one upstream. */
export async function startFourWires(
  options: StackOptions & { readonly simulated?: SimulatorOptions | undefined } = {},
): Promise<FourWires> {
  const provider = await startSimulator(options.simulated);
  const upstream = options.upstream ?? provider.url;
  const stack = await startStack({
    ...options,
    upstream,
    yaml: `  res: { wire: openai-responses, base_url: ${upstream}/v1, api_key: none }
  gem: { wire: gemini, base_url: ${upstream}, api_key: any-key }
${options.yaml ?? ""}`,
  });
  return {
    ...stack,
    provider,
    sent: () => {
      const body = provider.journal.entries.at(-1)?.body;
      if (!isObject(body)) throw new Error("the provider was sent nothing");
      return body;
    },
    post: (wire, model, body, { stream = false, address = stack.address, ...more } = {}) => {
      const { path, named } = addressOf(wire, model, stream);
      const family = wire === "anthropic-messages" ? "anthropic" : "openai";
      return ask(address, family, { ...named, ...body }, { key: stack.key, path, ...more });
    },
    close: async () => {
      await stack.close();
      await provider.close();
    },
  };
}

/** Where a caller of this wire asks, and what its body says of the model and of streaming. */
function addressOf(wire: WireName, model: string, stream: boolean): { readonly path: string; readonly named: JsonObject } {
  const named = { model, ...(stream && { stream }) };
  switch (wire) {
    case "openai-chat":
      return { path: "/v1/chat/completions", named };
    case "openai-responses":
      return { path: "/v1/responses", named };
    case "anthropic-messages":
      return { path: "/v1/messages", named: { max_tokens: 500, ...named } };
    case "gemini":
      return { path: `/v1beta/models/${model}:${stream ? "streamGenerateContent?alt=sse" : "generateContent"}`, named: {} };
  }
}

/** "hi" with one tool, as each wire says it. */
export const asked: { readonly [wire in WireName]: JsonObject } = {
  "openai-chat": {
    messages: [{ role: "user", content: "hi" }],
    tools: [{ type: "function", function: { name: "look", parameters: { type: "object", properties: {} } } }],
  },
  "openai-responses": {
    input: "hi",
    tools: [{ type: "function", name: "look", parameters: { type: "object", properties: {} }, strict: false }],
  },
  "anthropic-messages": {
    messages: [{ role: "user", content: "hi" }],
    tools: [{ name: "look", input_schema: { type: "object", properties: {} } }],
  },
  gemini: {
    contents: [{ role: "user", parts: [{ text: "hi" }] }],
    tools: [{ functionDeclarations: [{ name: "look", parametersJsonSchema: { type: "object", properties: {} } }] }],
  },
};
