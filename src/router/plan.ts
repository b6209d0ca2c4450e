import type { Call } from "../canonical/call.ts";
import { GatewayError } from "../canonical/error.ts";
import type { Pins } from "../canonical/ports.ts";
import type { ConfiguredProvider } from "../providers/index.ts";
import { type Candidate, candidate } from "./candidate.ts";
import { continued } from "./continued.ts";
import { nearest } from "./nearest.ts";

export interface Plan {
  /** Best first. */
  readonly candidates: readonly Candidate[];
}

/** Knows no answer. */
const noPins: Pick<Pins, "find"> = { find: () => undefined };

/**
 * Resolves the model's name to where it can be had: an alias at what the operator put for it, `provider/anything` at that provider, a bare name at the provider whose
 * native wire the caller speaks; a call about an answer that its provider keeps goes to that provider. Pure. Throws GatewayError
 * `model_not_found` with the nearest names, and what `continued` throws.
 */
export function planner(
  providers: ReadonlyMap<string, ConfiguredProvider>,
  pins: Pick<Pins, "find"> = noPins,
  aliases: ReadonlyMap<string, string> = new Map(),
): (call: Call) => Plan {
  const byModel = (call: Call): Candidate => {
    const model = aliases.get(call.model) ?? call.model;
    const slash = model.indexOf("/");
    const named = slash < 0 ? undefined : providers.get(model.slice(0, slash));
    if (named !== undefined) {
      const upstream = model.slice(slash + 1);
      if (upstream === "") throw notFound(`\`${model}\` names a provider but no model: write ${named.name}/<model>.`);
      return candidate(call, named, upstream, `the model names its provider, ${named.name}`);
    }
    const wire = call.callerWire;
    const native =
      slash < 0 && wire !== undefined ? [...providers.values()].find(({ nativeWires }) => nativeWires.includes(wire)) : undefined;
    if (native === undefined) throw unknown(model, providers, slash < 0 ? [] : nearest(model.slice(0, slash), providers.keys()));
    return candidate(call, native, model, `a bare name goes to ${native.name}, whose wire the caller speaks`);
  };
  return (call) => ({
    candidates: [call.continues === undefined ? byModel(call) : continued(call, call.continues, providers, pins, byModel)],
  });
}

function unknown(model: string, providers: ReadonlyMap<string, ConfiguredProvider>, near: readonly string[]): GatewayError {
  const shown = model.slice(0, 100);
  const names = [...providers.keys()];
  if (names.length === 0) {
    return notFound(
      `No provider is configured, so \`${shown}\` cannot be served. Set OPENAI_API_KEY or list one under \`providers\`.`,
    );
  }
  const rest = model.slice(model.indexOf("/") + 1);
  const hint =
    near.length > 0
      ? `Did you mean ${near.map((name) => `\`${name}/${rest.slice(0, 100)}\``).join(" or ")}?`
      : `Write it as provider/model; the providers configured here are ${names.join(", ")}.`;
  return notFound(`The model \`${shown}\` is not known here. ${hint}`);
}

const notFound = (message: string): GatewayError => new GatewayError("model_not_found", message, { param: "model" });
