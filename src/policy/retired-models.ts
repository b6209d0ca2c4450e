import type { Call } from "../canonical/call.ts";
import { GatewayError } from "../canonical/error.ts";
import type { Clock } from "../canonical/ports.ts";
import type { Step } from "../canonical/reply.ts";
import { retirementOf } from "../catalog/lifecycle.ts";

/** So long before its end a model's callers are told of it. */
const NOTICE_DAYS = 60;

/**
 * Says what has become of a retired model. Whether it still answers is the provider's to say, which may have put its end off: only
 * when it answers that there is no such model does the caller learn since when, and what to use instead. Calls of a model whose
 * end is near, or that was retired and is served all the same (by another model, at another price), carry a warning.
 */
export const retiredModels =
  (clock: Pick<Clock, "wall">): Step =>
  (next) =>
  async (call) => {
    try {
      const reply = await next(call);
      warn(call, clock.wall());
      return reply;
    } catch (thrown) {
      throw thrown instanceof GatewayError && thrown.code === "model_not_found" ? explained(call, thrown) : thrown;
    }
  };

function retirement({ record }: Call) {
  const { provider, askedModel: model } = record;
  return provider === undefined || model === undefined ? undefined : { provider, model, end: retirementOf(provider, model) };
}

function explained(call: Call, error: GatewayError): GatewayError {
  const found = retirement(call);
  if (found?.end === undefined) return error;
  const { provider, model, end } = found;
  return error.with({
    message: `${provider} has retired \`${model}\` (${end.retired}). Its successor is \`${provider}/${end.successor}\`: ask for that, or have the operator write \`aliases: { ${call.model}: ${provider}/${end.successor} }\`.`,
  });
}

function warn(call: Call, now: number): void {
  const found = retirement(call);
  if (found?.end === undefined) return;
  const { provider, model, end } = found;
  const ends = Date.parse(end.retired);
  if (ends - now > NOTICE_DAYS * 86_400_000) return;
  const [code, verb] = ends > now ? ["model_retires", "retires"] : ["model_retired", "has retired"];
  call.warnings.add({
    kind: "ignored",
    code,
    at: "model",
    detail: `${provider} ${verb} ${model} on ${end.retired}; its successor is ${end.successor}.`,
  });
}
