import type { Call } from "../canonical/call.ts";
import { GatewayError } from "../canonical/error.ts";
import type { ConfiguredProvider } from "../providers/index.ts";
import type { Deployment, Endpoint, Remote } from "../providers/provider.ts";
import { canEstimate } from "./estimate.ts";

/** One deployment that could serve the call, and how it would be reached. */
export interface Candidate {
  readonly deployment: Deployment;
  readonly provider: Remote;
  /**
   * The endpoint that speaks the caller's wire where there is one, else the provider's first that serves the operation. Where none
   * does, but the gateway can estimate the answer, the provider's first of all.
   */
  readonly endpoint: Endpoint;
  /** What comes before the wire's own path. */
  readonly base: string;
  /** Why it is here, for `explain` and the trace. */
  readonly reason: string;
}

/** The call at a provider. Throws GatewayError `unsupported`. */
export function candidate(call: Call, provider: ConfiguredProvider, model: string, reason: string): Candidate {
  const { remote, baseUrl, credential, name, prices } = provider;
  const able = remote.endpoints.filter(({ operations }) => operations.includes(call.operation));
  const endpoint =
    able.find(({ wire }) => wire.name === call.callerWire) ??
    able[0] ??
    (canEstimate(call.operation) ? remote.endpoints[0] : undefined);
  if (endpoint === undefined)
    throw new GatewayError("unsupported", `${name} cannot serve ${call.operation} calls.`, { param: "model" });
  const deployment: Deployment = { provider: name, model, baseUrl, credential, prices };
  return {
    deployment,
    provider: remote,
    endpoint,
    base: endpoint.base?.(deployment) ?? baseUrl,
    reason,
  };
}
