import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from "node:http";
import { createServer as createTcpServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { loadConfig } from "../../../src/config/load.ts";
import type { Outside } from "../../../src/providers/egress-guard.ts";
import { knownNames, resolveProviders } from "../../../src/providers/index.ts";
import { serve } from "../../../src/server.ts";
import { systemNetwork } from "../../../src/transport/network.ts";
import { publicAddress, TestNetwork, testClassify } from "../../../src/transport/testing/network.ts";

/** What no provider but its own may ever see, and nobody else at all. */
export const canary = "canary-credential-0123456789";
export const callerKey = "pg-caller-key-0123456789";

/** A request as a server saw it. */
export interface Seen {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface Site extends AsyncDisposable {
  readonly port: number;
  readonly seen: Seen[];
}

/** A web server on an address of loopback that journals what it is asked. */
export async function site(address: string, answer: (seen: Seen, reply: ServerResponse) => void): Promise<Site> {
  const seen: Seen[] = [];
  const server = createServer((request, reply) => {
    const pieces: Buffer[] = [];
    request.on("data", (piece: Buffer) => pieces.push(piece));
    request.on("end", () => {
      const { method = "", url = "", headers } = request;
      const one: Seen = { method, url, headers, body: Buffer.concat(pieces).toString("utf8") };
      seen.push(one);
      answer(one, reply);
    });
  });
  const port = await listening(server, address);
  return {
    port,
    seen,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function listening(server: Server | ReturnType<typeof createTcpServer>, host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, host, () => {
      const address = server.address();
      resolve(typeof address === "object" && address !== null ? address.port : 0);
    });
  });
}

/** A socket of this machine that nobody has any business with. */
export interface Witness extends AsyncDisposable {
  readonly port: number;
  readonly connections: { count: number };
}

export async function witness(): Promise<Witness> {
  const connections = { count: 0 };
  const server = createTcpServer((socket) => {
    connections.count++;
    socket.destroy();
  });
  const port = await listening(server, "127.0.0.1");
  return { port, connections, [Symbol.asyncDispose]: async () => void server.close() };
}

const usage = { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 };
const said = { role: "assistant", content: "ok" };

/** The shortest whole answer to whatever a provider is asked, by its path. */
export function shortAnswer({ url }: Seen, reply: ServerResponse): void {
  const json = (body: unknown): void => void reply.setHeader("content-type", "application/json").end(JSON.stringify(body));
  const counts = { promptTokenCount: 1, candidatesTokenCount: 1, totalTokenCount: 2 };
  const gemini = {
    candidates: [{ content: { role: "model", parts: [{ text: "ok" }] }, finishReason: "STOP" }],
    usageMetadata: counts,
  };
  if (url.includes("streamGenerateContent")) {
    reply.setHeader("content-type", "text/event-stream").end(`data: ${JSON.stringify(gemini)}\n\n`);
  } else if (url.includes("/chat/completions")) {
    const choices = [{ index: 0, message: said, finish_reason: "stop" }];
    json({ id: "c", object: "chat.completion", created: 1, model: "m", choices, usage });
  } else if (url.includes("input_tokens")) json({ object: "response.input_tokens", input_tokens: 3 });
  else if (url.includes("/responses")) {
    const content = [{ type: "output_text", text: "ok", annotations: [] }];
    const output = [{ type: "message", id: "m", role: "assistant", status: "completed", content }];
    const tokens = { input_tokens: 1, output_tokens: 1, total_tokens: 2 };
    json({ id: "r", object: "response", created_at: 1, status: "completed", model: "m", output, usage: tokens });
  } else if (url.includes("/embeddings")) {
    json({ object: "list", data: [{ object: "embedding", index: 0, embedding: [0.1] }], model: "m", usage });
  } else if (url.includes("count_tokens")) json({ input_tokens: 3 });
  else if (url.includes("/messages")) {
    const tokens = { input_tokens: 1, output_tokens: 1 };
    const content = [{ type: "text", text: "ok" }];
    json({
      id: "a",
      type: "message",
      role: "assistant",
      model: "m",
      content,
      stop_reason: "end_turn",
      stop_sequence: null,
      usage: tokens,
    });
  } else if (url.includes("countTokens")) json({ totalTokens: 3 });
  else if (url.includes("batchEmbedContents")) json({ embeddings: [{ values: [0.1] }] });
  else if (url.includes("embedContent")) json({ embedding: { values: [0.1] } });
  else json(gemini);
}

/** The names of the providers that a gateway here has, one for each wire. */
export const providerOf = {
  "openai-chat": "oai",
  "openai-responses": "rsp",
  "anthropic-messages": "ant",
  gemini: "gem",
} as const;

export interface Guarded extends AsyncDisposable {
  readonly address: string;
  readonly network: TestNetwork;
  /** Every address that was dialled. */
  readonly dialled: string[];
  readonly troubles: string[];
  /** Puts the same configuration in force with other lines at its end, and its providers elsewhere. */
  apply(yaml: string, upstream?: string): void;
  post(path: string, body: unknown, headers?: { readonly [name: string]: string }): Promise<Response>;
}

/** A gateway with a provider of each wire at one server, and an outside that is watched. */
export async function guarded(upstream: string, yaml = "", env: { readonly [name: string]: string } = {}): Promise<Guarded> {
  const dataDir = mkdtempSync(join(tmpdir(), "polygate-egress-"));
  const file = join(dataDir, "polygate.yaml");
  const at = (wire: string, base: string): string => `{ wire: ${wire}, base_url: "${base}", api_key: ${canary} }`;
  const textWith = (more: string, base: string): string => `
server: { host: 127.0.0.1, port: 0 }
data_dir: ${dataDir}
keys: [{ id: dev, secret: ${callerKey} }]
providers:
  oai: ${at("openai-chat", `${base}/v1`)}
  rsp: ${at("openai-responses", `${base}/v1`)}
  ant: ${at("anthropic-messages", base)}
  gem: ${at("gemini", base)}
${more}
`;
  const load = (more: string, base = upstream) => {
    const readFile = (path: string): string | undefined => (path === file ? textWith(more, base) : undefined);
    const config = loadConfig({ argvPath: file, env, cwd: dataDir, readFile, known: knownNames });
    return { config, providers: resolveProviders(config.providers, config.environment) };
  };
  const network = new TestNetwork();
  const dialled: string[] = [];
  const outside: Outside = {
    resolve: network.resolve,
    dial: (dial) => {
      dialled.push(...dial.addresses.map(({ address }) => `${address}:${dial.port}`));
      return systemNetwork.dial(dial);
    },
    classify: testClassify,
  };
  const troubles: string[] = [];
  const running = await serve({ ...load(yaml), onTrouble: (message) => troubles.push(message), outside });
  return {
    address: running.address,
    network,
    dialled,
    troubles,
    apply: (more, base) => running.gateway.apply(load(more, base)),
    post: async (path, body, headers = {}) => {
      for (let tries = 1; ; tries++) {
        const reply = await fetch(running.address + path, {
          method: "POST",
          headers: { "content-type": "application/json", authorization: `Bearer ${callerKey}`, ...headers },
          body: JSON.stringify(body),
          redirect: "manual",
        });
        // A gateway on a busy machine turns calls away before it looks at them.
        if (reply.status !== 503 || tries === 50) return reply;
        await reply.arrayBuffer();
        await sleep(100);
      }
    },
    [Symbol.asyncDispose]: async () => {
      await running.close(500);
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

export { publicAddress };
