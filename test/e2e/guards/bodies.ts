import type { JsonObject } from "../../../src/canonical/json.ts";
import type { CallRoute } from "../../../src/ingress/routes.ts";

/** What a caller of each wire asks with so that the given text stands in it, by operation; `stored` routes take no body. */
const bodies: { readonly [kind: string]: (text: string) => JsonObject } = {
  "openai-chat chat": (text) => ({ messages: [{ role: "user", content: text }] }),
  "openai-responses chat": (text) => ({ input: text }),
  "openai-responses count-tokens": (text) => ({ input: text }),
  "openai-responses stored": () => ({}),
  "openai-embeddings embed": (text) => ({ input: ["first", text] }),
  "anthropic-messages chat": (text) => ({ max_tokens: 500, messages: [{ role: "user", content: text }] }),
  "anthropic-messages count-tokens": (text) => ({ messages: [{ role: "user", content: text }] }),
  "gemini chat": (text) => ({ contents: [{ role: "user", parts: [{ text }] }] }),
  "gemini count-tokens": (text) => ({ contents: [{ role: "user", parts: [{ text }] }] }),
  "gemini embed": (text) => ({ content: { parts: [{ text }] } }),
};

const batch = (text: string, model: string): JsonObject => ({
  requests: [{ model: `models/${model}`, content: { parts: [{ text }] } }],
});

/** Providers that serve an operation, the one that speaks the caller's own wire first. */
const served: { readonly [wire: string]: readonly string[] } = {
  "openai-chat": ["oai", "ant"],
  "openai-responses": ["res", "gem"],
  "openai-embeddings": ["oai", "gem"],
  "anthropic-messages": ["ant", "res"],
  gemini: ["gem", "oai"],
};

export interface Asking {
  readonly path: string;
  readonly body: JsonObject;
  readonly stream: boolean;
  readonly provider: string;
}

/** Every way to ask at a route. Throws for a route that the matrix does not know. */
export function askings(route: CallRoute, text: string): readonly Asking[] {
  const { wire, operation, path } = route;
  const make = bodies[`${wire.name} ${operation}`];
  const providers = served[wire.name];
  if (make === undefined || providers === undefined) {
    throw new Error(`the matrix of guards knows no body for ${route.method} ${path} (${wire.name} ${operation}): add one`);
  }
  return providers.flatMap((provider) => {
    const model = `${provider}/echo`;
    const at = path.replace("{model}", model);
    if (wire.name === "gemini") {
      const stream = path.includes(":stream");
      const body = path.includes(":batchEmbed") ? batch(text, model) : make(text);
      return [{ path: stream ? `${at}?alt=sse` : at, body, stream, provider }];
    }
    const body = { model, ...make(text) };
    const whole = { path: at, body, stream: false, provider };
    return operation === "chat" ? [whole, { ...whole, body: { ...body, stream: true }, stream: true }] : [whole];
  });
}
