import { GatewayError } from "../canonical/error.ts";
import { isArray, isObject, type Json } from "../canonical/json.ts";
import type { Clock } from "../canonical/ports.ts";
import type { ConfiguredProvider } from "../providers/index.ts";
import { EgressRefused } from "../transport/connector.ts";
import { readAll, type Sender } from "../transport/http-transport.ts";
import { askForModels, readList } from "./list-models.ts";

/** What came of asking a provider for its models, for who has to find out why that fails. */
export type ProbeResult =
  | {
      readonly kind: "answer";
      readonly status: number;
      readonly header: (name: string) => string | undefined;
      /** The body's beginning. */
      readonly text: string;
      /** How many models it lists; undefined where it is no list. */
      readonly models: number | undefined;
      readonly ms: number;
    }
  /** `code`: the system's, TLS's or undici's word, else ours. */
  | { readonly kind: "failure"; readonly code: string; readonly message: string; readonly ms: number };

const largestList = 8 * 1024 * 1024;

/** Asks once for the provider's models, which costs nothing. Never rejects. */
export async function probe(provider: ConfiguredProvider, transport: Sender, clock: Clock, waitMs: number): Promise<ProbeResult> {
  const startedAt = clock.now();
  const ms = (): number => clock.now() - startedAt;
  try {
    const { status, headers, body } = await askForModels(provider, transport, waitMs);
    const text = Buffer.from(await readAll(body, largestList)).toString("utf8");
    const models = status === 200 ? count(text, provider.name) : undefined;
    return { kind: "answer", status, header: (name) => headers[name], text: text.slice(0, 20_000), models, ms: ms() };
  } catch (thrown) {
    if (!(thrown instanceof GatewayError)) throw thrown;
    // Who probes is the operator, and may read what callers may not.
    const message = thrown.cause instanceof EgressRefused ? thrown.cause.refusal.explanation : thrown.message;
    return { kind: "failure", code: systemCode(thrown.cause) ?? thrown.code, message, ms: ms() };
  }
}

function count(text: string, provider: string): number | undefined {
  let body: Json;
  try {
    body = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!isObject(body) || !(isArray(body["data"]) || isArray(body["models"]))) return undefined;
  return readList(body, provider).length;
}

function systemCode(cause: unknown): string | undefined {
  if (!(cause instanceof Error)) return undefined;
  return "code" in cause && typeof cause.code === "string" ? cause.code : systemCode(cause.cause);
}
