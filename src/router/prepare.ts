import type { Call } from "../canonical/call.ts";
import type { Operation } from "../canonical/operations.ts";
import { type Shape, shapes } from "../canonical/shapes.ts";
import { outputLimit } from "../catalog/output-limits.ts";
import type { Codec, Relay, ReplyDecoder, Target, WireRequest } from "../wires/wire.ts";
import type { Candidate } from "./candidate.ts";

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
    strict: call.strict,
    maxOutputTokens: outputLimit(deployment.model),
    quirks: endpoint.quirks ?? provider.quirks ?? {},
  };
  const adapt = (request: WireRequest): WireRequest => provider.adapt?.(request, deployment) ?? request;
  const shape: Shape<Op> = shapes[call.operation];
  if (call.source?.wire === endpoint.wire.name && codec.relay) {
    const { wireRequest, relay, warnings, decoder } = codec.relay(call.source, target);
    call.warnings.addAll(warnings);
    return { wireRequest: adapt(wireRequest), relay, decoder, shape };
  }
  const { wireRequest, warnings, decoder } = codec.encodeRequest(call.request, target);
  call.warnings.addAll(warnings);
  return { wireRequest: adapt(wireRequest), relay: undefined, decoder: () => decoder, shape };
}
