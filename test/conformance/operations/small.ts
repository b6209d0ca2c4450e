import type { JsonObject } from "../../../src/canonical/json.ts";
import { errorFaults } from "../cells/decode.ts";
import { type Diff, diff, differences, parseJson, toJson } from "../json.ts";
import { codecFor, type SmallExchange, type SmallOperation, smallSource, smallTarget } from "./exchange.ts";

/* What holds for every operation whose answers are whole. */

/** A provider's refusal gets a sensible code. */
export const refusals = ({ body, status, headers, provider, wire }: SmallExchange): readonly Diff[] =>
  errorFaults({ status, headers, provider, body: typeof body === "string" ? body : (toJson(body) ?? "") }, wire);

/** Relayed, the request is what the caller sent, and the reply what the provider said. */
export function relayed(
  exchange: SmallExchange,
  sent: JsonObject,
  operation: SmallOperation,
  /** Whether another reply says the same. */
  alike: (recorded: JsonObject, served: JsonObject) => boolean = () => false,
): Diff[] {
  const opened = codecFor(exchange.wire, operation).relay?.(smallSource(exchange, sent), smallTarget(exchange));
  if (!opened) return [diff(`${operation}.relay`, "a relay", "none")];
  const { body } = opened.wireRequest;
  const upstream = Array.isArray(body) ? parseJson(new TextDecoder().decode(Buffer.concat(body))) : toJson(body);
  const out = differences(`${operation}.relay.request`, sent, upstream);
  const { whole } = exchange;
  const served = whole === undefined ? "keep" : opened.relay.whole(whole);
  if (whole && served !== "keep" && !alike(whole, served)) out.push(diff(`${operation}.relay.whole`, "keep", "another"));
  return out;
}
