import type { Call } from "../canonical/call.ts";
import { GatewayError } from "../canonical/error.ts";
import type { Operation, Operations } from "../canonical/operations.ts";
import { type Shape, shapes } from "../canonical/shapes.ts";
import type { Warning } from "../canonical/warnings.ts";
import { outputLimit } from "../catalog/output-limits.ts";
import type { Deployment } from "../providers/provider.ts";
import type { Codec, EncodedRequest, Relay, ReplyDecoder, Target, WireRequest } from "../wires/wire.ts";
import type { Candidate } from "./candidate.ts";
import { inCallersWords, refusedInCallersWords } from "./places.ts";

/** What goes to the provider, and what reads its reply: a relay where the provider speaks the caller's wire. */
export interface Prepared<Op extends Operation> {
  readonly wireRequest: WireRequest;
  readonly relay: Relay | undefined;
  /** The decoder of this reply; a relayed reply has one only if somebody asks for its content. */
  readonly decoder: () => ReplyDecoder<Op>;
  readonly shape: Shape<Op>;
}

/** Writes the call for a candidate: edited where it is relayed, encoded where it is translated. */
export function prepare<Op extends Operation>(call: Call<Op>, candidate: Candidate, codec: Codec<Op>): Prepared<Op> {
  const { endpoint, deployment, provider } = candidate;
  const target: Target = {
    provider: deployment.provider,
    model: deployment.model,
    stream: call.stream,
    callId: call.id,
    maxOutputTokens: outputLimit(deployment.model),
    quirks: endpoint.quirks ?? provider.quirks ?? {},
  };
  const adapt = (request: WireRequest): WireRequest => provider.adapt?.(request, deployment) ?? request;
  const shape: Shape<Op> = shapes[call.operation];
  if (call.source?.wire === endpoint.wire.name && codec.relay) {
    const { relay, decoder, ...edited } = codec.relay(call.source, target);
    const { wireRequest, warnings } = call.completed === undefined ? edited : rewritten(call.completed, target, codec);
    report(call, warnings, deployment);
    return { wireRequest: adapt(wireRequest), relay, decoder, shape };
  }
  const { wireRequest, warnings, decoder } = encoded(call, target, codec);
  report(call, warnings, deployment);
  return { wireRequest: adapt(wireRequest), relay: undefined, decoder: () => decoder, shape };
}

/** The request in the provider's wire; what it loses is told by its place in the caller's body, as far as it stands there. */
function encoded<Op extends Operation>(call: Call<Op>, target: Target, codec: Codec<Op>): EncodedRequest<Op> {
  const request = call.completed ?? call.request;
  const source = call.completed === undefined ? call.source : undefined;
  try {
    const made = codec.encodeRequest(request, target);
    return { ...made, warnings: inCallersWords(made.warnings, source) };
  } catch (thrown) {
    throw refusedInCallersWords(thrown, source);
  }
}

/** A completed request in its own wire. Names are left as they are, since a relayed reply brings none of them back. */
function rewritten<Op extends Operation>(request: Operations[Op]["request"], target: Target, codec: Codec<Op>) {
  const unlimited = { toolNameLength: Number.POSITIVE_INFINITY, toolCallIdLength: Number.POSITIVE_INFINITY };
  return codec.encodeRequest(request, { ...target, quirks: { ...target.quirks, ...unlimited } });
}

/** Tells the caller what does not go through as it was asked. Throws `unsupported` naming its place where the call is strict. */
function report(call: Call, warnings: readonly Warning[], { provider, model }: Deployment): void {
  call.warnings.addAll(warnings);
  if (!call.strict) return;
  const losses = warnings.filter(isLoss);
  const [loss] = [...losses.filter(({ kind }) => kind === "dropped"), ...losses];
  if (loss === undefined) return;
  const { kind, code, at = "the request", detail } = loss;
  const others = losses.filter((other) => other !== loss).map((other) => `${other.at ?? "the request"} (${other.code})`);
  const also = others.length === 0 ? "" : ` The same holds for ${others.slice(0, 5).join(", ")}${others.length > 5 ? " …" : ""}.`;
  throw new GatewayError(
    "unsupported",
    `\`${at}\` cannot be sent to ${provider}/${model} as it is: it would be ${kind} (${code}${detail === undefined ? "" : `: ${detail.replace(/\.$/, "")}`}).${also} Nothing was sent. Change the request, choose another model, or accept losses with the header x-polygate-strict: warn.`,
    { param: loss.at },
  );
}

/** What was mended or means nothing is no loss. */
function isLoss({ kind }: Warning): boolean {
  switch (kind) {
    case "dropped":
    case "approximated":
    case "emulated":
      return true;
    case "repaired":
    case "ignored":
      return false;
  }
}
