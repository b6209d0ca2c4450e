import { once } from "node:events";
import { createServer } from "node:http";
import type { JsonObject } from "../../src/canonical/json.ts";
import { routeTable } from "../../src/ingress/routes.ts";
import { customRemotes } from "../../src/providers/custom.ts";
import { type LedgerRow, type Stack, startStack } from "../e2e/stack.ts";
import { obj, parseJson } from "./json.ts";
import { type Exchange, geminiAddress, type WireName, wireNames } from "./loader.ts";
import type { Reading } from "./reading.ts";
import { naiveFrames } from "./sse.ts";
import { modelOf, sentBy, wantsStream } from "./subject.ts";
import { wireJudges } from "./wires/index.ts";
import type { Asked } from "./wires/wire-judge.ts";

/** What a provider was asked, and what the caller got. */
export interface Passage {
  readonly asked: JsonObject | undefined;
  /** Path and query that the provider was asked at. */
  readonly askedAt: string;
  readonly status: number;
  readonly type: string;
  readonly text: string;
  readonly callId: string;
}

/** A call that went well, and what the ledger must say of it. */
export interface Booked {
  readonly callId: string;
  readonly exchange: Exchange;
  readonly expected: Reading;
  readonly relayed: boolean;
}

/** A running gateway in front of a provider that answers with the recording of the hour. */
export interface LiveGateway {
  /** The wires that callers may speak and providers do. */
  readonly wires: readonly WireName[];
  /** Sends what is asked while the provider answers with the exchange. */
  call(asked: Asked, exchange: Exchange): Promise<Passage>;
  /** Calls to be found in the books. */
  readonly booked: Booked[];
  /** The ledger's rows, once all that has ended is durable. */
  books(): Promise<readonly LedgerRow[]>;
  close(): Promise<void>;
}

const providers: { readonly [wire in WireName]: string } = {
  "openai-chat": "rec-openai",
  "anthropic-messages": "rec-anthropic",
  "openai-responses": "rec-responses",
  gemini: "rec-gemini",
};

/** The path of the wire's own that base URLs end with. */
const bases: { readonly [wire in WireName]: string } = {
  "openai-chat": "/v1",
  "anthropic-messages": "",
  "openai-responses": "/v1",
  gemini: "",
};

/** Whom the gateway is to ask: the provider that plays the exchange's recording. */
export const atProvider = (exchange: Exchange): string => `${providers[exchange.wire]}/${modelOf(exchange)}`;

/** The exchange's own request, as its caller sends it to the gateway. */
export function ownRequest(exchange: Exchange): Asked {
  const { wire } = exchange;
  const body = sentBy(exchange);
  if (wire === "gemini") return { body, ...geminiAddress(atProvider(exchange), wantsStream(exchange)) };
  return { ...wireJudges[wire].ask("", false), body: { ...body, model: atProvider(exchange) } };
}

const isServed = (wire: WireName): boolean =>
  customRemotes.has(wire) && routeTable(undefined).match("POST", wireJudges[wire].ask("any", false).path).route !== undefined;

// The content type is ours: some sources kept another call's.
const shown = new Set(["retry-after", "x-request-id", "request-id"]);

export async function startGateway(): Promise<LiveGateway> {
  let current: Exchange | undefined;
  let asked: JsonObject | undefined;
  let askedAt = "";
  const upstream = createServer(async (request, response) => {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part);
    askedAt = request.url ?? "";
    asked = obj(parseJson(Buffer.concat(parts).toString("utf8")));
    if (!current) {
      response.writeHead(500).end();
      return;
    }
    const kept = Object.entries(current.headers).filter(([name, value]) => shown.has(name) && value !== undefined);
    const type = current.stream === undefined ? "application/json" : "text/event-stream";
    response.writeHead(current.status, { ...Object.fromEntries(kept), "content-type": type });
    if (current.stream === undefined) response.end(JSON.stringify(current.whole ?? null));
    else await write(response, current.stream);
  });
  upstream.listen(0, "127.0.0.1");
  await once(upstream, "listening");
  const address = upstream.address();
  const port = typeof address === "object" && address ? address.port : 0;
  const wires = wireNames.filter(isServed);
  const row = (wire: WireName): string =>
    `  ${providers[wire]}: { wire: ${wire}, base_url: "http://127.0.0.1:${port}${bases[wire]}", api_key: none }`;
  const stack: Stack = await startStack({ keys: false, yaml: wires.map(row).join("\n") });
  return {
    wires,
    booked: [],
    books: () => stack.ledger(),
    async call({ body, path, query }, exchange) {
      current = exchange;
      asked = undefined;
      const reply = await fetch(`${stack.address}${path}${query === "" ? "" : `?${query}`}`, {
        method: "POST",
        headers: {
          ...betas(exchange),
          "content-type": "application/json",
          ...(path === "/v1/messages" && { "anthropic-version": "2023-06-01" }),
        },
        body: JSON.stringify(body),
      });
      return {
        status: reply.status,
        type: reply.headers.get("content-type") ?? "",
        text: await textOf(reply),
        asked,
        askedAt,
        callId: reply.headers.get("x-polygate-call-id") ?? "",
      };
    },
    async close() {
      await stack.close();
      upstream.close();
      upstream.closeAllConnections();
    },
  };
}

function betas(exchange: Exchange): Record<string, string> {
  const beta = exchange.requestHeaders["anthropic-beta"];
  return beta === undefined ? {} : { "anthropic-beta": beta };
}

/** In up to four network writes, at frame borders and not. */
async function write(response: { write(text: Buffer): boolean; end(): void }, text: string): Promise<void> {
  const bytes = Buffer.from(text);
  const first = Buffer.byteLength(naiveFrames(text)[0] ?? "");
  const last = Buffer.byteLength(naiveFrames(text).at(-1) ?? "");
  const marks = [...new Set([0, first, Math.floor(bytes.length / 2), bytes.length - last])].sort((a, b) => a - b);
  for (const [at, from] of marks.entries()) {
    const piece = bytes.subarray(from, marks[at + 1] ?? bytes.length);
    if (piece.length > 0) response.write(piece);
    await new Promise((resolve) => setImmediate(resolve));
  }
  response.end();
}

/** A stream that the gateway breaks off counts as far as it came. */
async function textOf(reply: Response): Promise<string> {
  const parts: Uint8Array[] = [];
  try {
    for await (const part of reply.body ?? []) parts.push(part);
  } catch {
    parts.push(Buffer.from("\n\n(broken off)"));
  }
  return Buffer.concat(parts).toString("utf8");
}
