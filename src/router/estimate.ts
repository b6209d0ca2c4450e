import type { Call } from "../canonical/call.ts";
import type { GatewayError } from "../canonical/error.ts";
import type { Operation, Operations } from "../canonical/operations.ts";
import type { Reply } from "../canonical/reply.ts";
import { estimateTokens } from "../catalog/estimate-tokens.ts";
import type { Deployment } from "../providers/provider.ts";

/** What the gateway can answer itself, roughly, where a provider cannot. */
const estimators: {
  readonly [Op in Operation]?: (request: Operations[Op]["request"], model: string) => Operations[Op]["result"];
} = {
  "count-tokens": (request, model) => ({ inputTokens: estimateTokens(request, model), estimated: true }),
};

export const canEstimate = (operation: Operation): boolean => estimators[operation] !== undefined;

/** The call answered by estimate, which is said in a warning; undefined for operations that nobody but a provider can answer. */
export function estimated<Op extends Operation>(call: Call<Op>, { provider, model }: Deployment): Reply<Op> | undefined {
  const estimate = estimators[call.operation];
  if (estimate === undefined) return undefined;
  const result = estimate(call.completed ?? call.request, model);
  call.record.provider = provider;
  call.record.model = model;
  const detail = `${provider} counts no tokens, so the gateway estimated them`;
  call.warnings.add({ kind: "approximated", code: "token_count_estimated", detail });
  return { stream: false, result };
}

/** A provider's way of saying that it has no such endpoint, though others who speak its wire have. */
export const hasNoEndpoint = ({ code, upstream }: GatewayError): boolean =>
  (upstream?.status === 404 && code !== "model_not_found") || upstream?.status === 405 || upstream?.status === 501;
