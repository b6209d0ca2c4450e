import { type ClientRequest, request } from "node:http";

export type CallerWire = "openai" | "anthropic";
export const callerWires: readonly CallerWire[] = ["openai", "anthropic"];
export const providers = ["oai", "ant"] as const;

/** The three secrets of a stack under test. None of them may ever be read in an answer or in the ledger. */
export const canaries = {
  key: "pgkey-CANARY-7d1f0c55aa",
  openaiCredential: "credCANARYoai93b1",
  anthropicCredential: "credCANARYant77c2",
} as const;

export interface Heard {
  readonly status: number;
  readonly headers: { readonly [name: string]: string | undefined };
  readonly text: string;
  /** broken: the connection ended before the body did. */
  readonly ended: "whole" | "broken";
  readonly ms: number;
}

const heard: string[] = [];

/** How many canaries were found in everything that `ask` has heard in this process. */
export function canaryHits(): { readonly answers: number; readonly hits: readonly string[] } {
  const hits = heard.flatMap((text) => Object.values(canaries).filter((secret) => text.includes(secret)));
  return { answers: heard.length, hits };
}

export const keepForCanaries = (text: string): void => {
  heard.push(text);
};

export interface AskOptions {
  readonly key?: string | undefined;
  readonly headers?: { readonly [name: string]: string } | undefined;
  readonly method?: string | undefined;
  readonly path?: string | undefined;
  /** Given the request, so that it can be destroyed, and told of what has come so far. */
  readonly onRequest?: ((request: ClientRequest) => void) | undefined;
  readonly onText?: ((text: string, request: ClientRequest) => void) | undefined;
}

export const pathOf = (wire: CallerWire): string => (wire === "openai" ? "/v1/chat/completions" : "/v1/messages");

/** The smallest body each wire takes. */
export const bodyOf = (wire: CallerWire, model: string, stream: boolean): { readonly [field: string]: unknown } => ({
  model,
  messages: [{ role: "user", content: "hi" }],
  ...(stream && { stream }),
  ...(wire === "anthropic" && { max_tokens: 100 }),
});

/** One call over a connection of its own, read to its end. Rejects only where no answer came at all. */
export function ask(address: string, wire: CallerWire, body: unknown, options: AskOptions = {}): Promise<Heard> {
  const started = performance.now();
  const bytes = typeof body === "string" || Buffer.isBuffer(body) ? body : JSON.stringify(body);
  const { hostname, port } = new URL(address);
  return new Promise((resolve, reject) => {
    const call = request({
      hostname,
      port,
      method: options.method ?? "POST",
      path: options.path ?? pathOf(wire),
      agent: false,
      headers: {
        "content-type": "application/json",
        "content-length": Buffer.byteLength(bytes),
        ...(options.key !== undefined && { authorization: `Bearer ${options.key}` }),
        ...(wire === "anthropic" && { "anthropic-version": "2023-06-01" }),
        ...options.headers,
      },
    });
    call.on("error", reject);
    call.on("response", (response) => {
      const headers = Object.fromEntries(Object.entries(response.headers).map(([name, value]) => [name, String(value)]));
      let text = "";
      response.setEncoding("utf8");
      const finish = (): void => {
        keepForCanaries(`${JSON.stringify(response.rawHeaders)}\n${text}`);
        resolve({
          status: response.statusCode ?? 0,
          headers,
          text,
          ended: response.complete ? "whole" : "broken",
          ms: performance.now() - started,
        });
      };
      response.on("data", (piece: string) => {
        text += piece;
        options.onText?.(text, call);
      });
      response.on("error", finish);
      response.on("end", finish);
    });
    options.onRequest?.(call);
    call.end(bytes);
  });
}
