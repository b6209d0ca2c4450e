import assert from "node:assert/strict";
import { type Call, CallRecord } from "../../canonical/call.ts";
import type { GatewayError } from "../../canonical/error.ts";
import type { JsonObject } from "../../canonical/json.ts";
import type { AttemptEnd, AttemptLog, AttemptStart } from "../../canonical/ports.ts";
import { Secret } from "../../canonical/secret.ts";
import { Warnings } from "../../canonical/warnings.ts";
import { parseJsonBody } from "../../framing/json-body.ts";
import { type ConfiguredProvider, resolveProviders } from "../../providers/index.ts";
import { HttpTransport, type UpstreamReply, type UpstreamRequest } from "../../transport/http-transport.ts";
import { FakeClock } from "../../transport/testing/fake-clock.ts";
import { openEgress } from "../../transport/testing/network.ts";
import { anthropicMessages } from "../../wires/anthropic-messages/index.ts";
import { openaiChat } from "../../wires/openai-chat/index.ts";
import type { Wire } from "../../wires/wire.ts";
import { ScriptedBody, type ScriptedRead } from "./scripted-body.ts";

export const wires: { readonly [name: string]: Wire } = { openai: openaiChat, anthropic: anthropicMessages };

/** `oai` and `ant`, each on its own wire, both with a credential. */
export const twoProviders: ReadonlyMap<string, ConfiguredProvider> = resolveProviders(
  [
    { name: "oai", wire: openaiChat.name, baseUrl: "http://oai.test/v1", apiKey: new Secret("sk-oai") },
    { name: "ant", wire: anthropicMessages.name, baseUrl: "http://ant.test", apiKey: new Secret("sk-ant") },
  ],
  { get: () => undefined, source: () => undefined },
);

/** A call as a caller of that wire makes it. */
export function callOf(wire: Wire, model: string, changes: Partial<Call<"chat">> = {}): Call<"chat"> {
  const stream = changes.stream ?? true;
  const body: JsonObject = {
    model,
    max_tokens: 9,
    messages: [{ role: "user", content: "hi" }],
    ...(stream && { stream, ...(wire === openaiChat && { stream_options: { include_usage: true } }) }),
  };
  const bytes = Buffer.from(JSON.stringify(body));
  const source = { wire: wire.name, path: "/", query: "", headers: {}, body: bytes, ...parseJsonBody(bytes) };
  const decoded = wire.codecs.chat?.decodeRequest?.({ path: "/", query: "", headers: {}, body });
  assert.ok(decoded);
  return {
    id: "call_1",
    operation: "chat",
    model,
    stream,
    strict: false,
    request: decoded.request(),
    callerWire: wire.name,
    source,
    caller: { kind: "open", keyId: "open", labels: {} },
    labels: { team: "web" },
    signal: new AbortController().signal,
    deadline: 1_000_000,
    warnings: new Warnings(),
    record: new CallRecord(),
    ...changes,
  };
}

/** A ledger in memory. */
export class RecordedLog implements AttemptLog {
  readonly begun: AttemptStart[] = [];
  readonly ended: (AttemptEnd & { readonly how: "settle" | "void" })[] = [];

  begin(start: AttemptStart) {
    this.begun.push(start);
    return {
      settle: (end: AttemptEnd): undefined => void this.ended.push({ ...end, how: "settle" }),
      void: (end: AttemptEnd): void => void this.ended.push({ ...end, how: "void" }),
    };
  }
}

export type ScriptedReply =
  | GatewayError
  | { readonly status?: number; readonly headers?: UpstreamReply["headers"]; readonly reads: readonly ScriptedRead[] };

/** Answers from a list instead of the network. */
export class ScriptedTransport extends HttpTransport {
  readonly asked: UpstreamRequest[] = [];
  readonly bodies: ScriptedBody[] = [];
  readonly #replies: ScriptedReply[];

  constructor(replies: readonly ScriptedReply[]) {
    super({ clock: new FakeClock(), egress: openEgress });
    this.#replies = [...replies];
  }

  override async send(request: UpstreamRequest): Promise<UpstreamReply> {
    this.asked.push(request);
    const next = this.#replies.shift();
    assert.ok(next, "one request too many");
    if (next instanceof Error) throw next;
    const body = new ScriptedBody(next.reads);
    this.bodies.push(body);
    return { status: next.status ?? 200, headers: next.headers ?? {}, body };
  }
}

/** Lets everything that waits for promises alone come to rest. */
export const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
