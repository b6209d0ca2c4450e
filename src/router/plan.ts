import type { Call, HeaderBag } from "../canonical/call.ts";
import { GatewayError } from "../canonical/error.ts";
import type { ConfiguredProvider } from "../providers/index.ts";
import type { Auth, Deployment, Endpoint, Remote } from "../providers/provider.ts";
import { nearest } from "./nearest.ts";

/** One deployment that could serve the call, and how it would be reached. */
export interface Candidate {
  readonly deployment: Deployment;
  readonly provider: Remote;
  /** The endpoint that speaks the caller's wire where there is one, else the provider's first. */
  readonly endpoint: Endpoint;
  /** Scheme, host and port, and the path that comes before the wire's own. */
  readonly origin: string;
  readonly basePath: string;
  readonly authHeaders: HeaderBag;
  /** Why it is here, for `explain` and the trace. */
  readonly reason: string;
}

export interface Plan {
  /** Best first. */
  readonly candidates: readonly Candidate[];
}

/**
 * Resolves the model's name to where it can be had: `provider/anything` at that provider, a bare name at the provider whose
 * native wire the caller speaks. Pure. Throws GatewayError `model_not_found` with the nearest names.
 */
export function planner(providers: ReadonlyMap<string, ConfiguredProvider>): (call: Call) => Plan {
  return (call) => {
    const { model } = call;
    const slash = model.indexOf("/");
    const named = slash < 0 ? undefined : providers.get(model.slice(0, slash));
    if (named !== undefined) {
      const upstream = model.slice(slash + 1);
      if (upstream === "") throw notFound(`\`${model}\` names a provider but no model: write ${named.name}/<model>.`);
      return { candidates: [candidate(call, named, upstream, `the model names its provider, ${named.name}`)] };
    }
    const wire = call.callerWire;
    const native =
      slash < 0 && wire !== undefined ? [...providers.values()].find(({ nativeWires }) => nativeWires.includes(wire)) : undefined;
    if (native === undefined) throw unknown(model, providers, slash < 0 ? [] : nearest(model.slice(0, slash), providers.keys()));
    return { candidates: [candidate(call, native, model, `a bare name goes to ${native.name}, whose wire the caller speaks`)] };
  };
}

function candidate(call: Call, provider: ConfiguredProvider, model: string, reason: string): Candidate {
  const { remote, baseUrl, credential, name } = provider;
  const able = remote.endpoints.filter(({ operations }) => operations.includes(call.operation));
  const endpoint = able.find(({ wire }) => wire.name === call.callerWire) ?? able[0];
  if (endpoint === undefined)
    throw new GatewayError("unsupported", `${name} cannot serve ${call.operation} calls.`, { param: "model" });
  const deployment: Deployment = { provider: name, model, baseUrl, credential };
  const base = endpoint.base?.(deployment) ?? baseUrl;
  const slash = base.indexOf("/", base.indexOf("//") + 2);
  return {
    deployment,
    provider: remote,
    endpoint,
    origin: slash < 0 ? base : base.slice(0, slash),
    basePath: slash < 0 ? "" : base.slice(slash),
    authHeaders: authHeaders(endpoint.auth ?? remote.auth, deployment),
    reason,
  };
}

/** The headers that show a deployment's credential to its provider. */
export function authHeaders(auth: Auth, { credential }: Pick<Deployment, "credential">): HeaderBag {
  if (credential === undefined) return {};
  switch (auth.kind) {
    case "bearer":
      return { authorization: `Bearer ${credential.reveal()}` };
    case "header":
      return { [auth.name]: credential.reveal() };
    case "none":
      return {};
  }
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
