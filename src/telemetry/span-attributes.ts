import type { Attributes } from "@opentelemetry/api";
import { ATTR_ERROR_TYPE, ATTR_HTTP_RESPONSE_STATUS_CODE } from "@opentelemetry/semantic-conventions";
import {
  ATTR_GEN_AI_OPERATION_NAME,
  ATTR_GEN_AI_PROVIDER_NAME,
  ATTR_GEN_AI_REQUEST_MODEL,
  ATTR_GEN_AI_REQUEST_STREAM,
  ATTR_GEN_AI_RESPONSE_FINISH_REASONS,
  ATTR_GEN_AI_RESPONSE_MODEL,
  ATTR_GEN_AI_RESPONSE_TIME_TO_FIRST_CHUNK,
  ATTR_GEN_AI_USAGE_CACHE_CREATION_INPUT_TOKENS,
  ATTR_GEN_AI_USAGE_CACHE_READ_INPUT_TOKENS,
  ATTR_GEN_AI_USAGE_INPUT_TOKENS,
  ATTR_GEN_AI_USAGE_OUTPUT_TOKENS,
  ATTR_GEN_AI_USAGE_REASONING_OUTPUT_TOKENS,
} from "@opentelemetry/semantic-conventions/incubating";
import type { Cost } from "../canonical/cost.ts";
import type { Operation } from "../canonical/operations.ts";
import type { AttemptEnd, AttemptStart } from "../canonical/ports.ts";
import { inputTokens, outputTokens, type Usage } from "../canonical/usage.ts";
import type { Again, CallFacts } from "./call-facts.ts";

/* What spans say, in the words of OpenTelemetry's conventions for generative AI; what those have no word for begins with `polygate.`. */

/** Operations as the conventions call them. */
export const operationNames = {
  chat: "chat",
  embed: "embeddings",
  "count-tokens": "count_tokens",
  stored: "stored",
} as const satisfies { [operation in Operation]: string };

/** Providers that the conventions call otherwise than we do. */
const providerNames: ReadonlyMap<string, string> = new Map([
  ["google", "gcp.gemini"],
  ["gemini", "gcp.gemini"],
  ["vertex", "gcp.vertex_ai"],
  ["azure", "azure.ai.openai"],
  ["bedrock", "aws.bedrock"],
  ["mistral", "mistral_ai"],
  ["xai", "x_ai"],
]);

const providerName = (name: string): string => providerNames.get(name) ?? name;

export function attemptAttributes(start: AttemptStart, again: Again | undefined): Attributes {
  return {
    [ATTR_GEN_AI_OPERATION_NAME]: operationNames[start.operation],
    [ATTR_GEN_AI_PROVIDER_NAME]: providerName(start.provider),
    [ATTR_GEN_AI_REQUEST_MODEL]: start.upstreamModel,
    "polygate.attempt.id": start.id,
    "polygate.attempt.number": start.number,
    "polygate.provider": start.provider,
    "polygate.provider_wire": start.providerWire,
    "polygate.relayed": start.relayed,
    ...(again !== undefined && { "polygate.attempt.kind": again.kind, "polygate.attempt.reason": again.reason }),
  };
}

export function attemptEndAttributes(end: AttemptEnd, cost: Cost | undefined): Attributes {
  return {
    ...replyAttributes(end),
    ...(end.status !== undefined && { [ATTR_HTTP_RESPONSE_STATUS_CODE]: end.status }),
    ...(end.upstreamRequestId !== undefined && { "polygate.upstream_request_id": end.upstreamRequestId }),
    ...(end.warnings.length > 0 && {
      "polygate.warnings": end.warnings.map(({ kind, code, at }) => [kind, code, at].join(" ").trim()),
    }),
    ...costAttributes(cost?.nano),
  };
}

export function callAttributes(facts: CallFacts): Attributes {
  return {
    ...replyAttributes(facts),
    ...(facts.provider !== undefined && {
      [ATTR_GEN_AI_PROVIDER_NAME]: providerName(facts.provider),
      "polygate.provider": facts.provider,
    }),
    [ATTR_HTTP_RESPONSE_STATUS_CODE]: facts.status,
    "polygate.attempts": facts.attempts,
    ...costAttributes(facts.costNano),
  };
}

export const callStartAttributes = (
  call: {
    readonly id: string;
    readonly operation: Operation;
    readonly stream: boolean;
    readonly callerWire?: string | undefined;
  },
  model: string,
  keyId: string,
): Attributes => ({
  [ATTR_GEN_AI_OPERATION_NAME]: operationNames[call.operation],
  [ATTR_GEN_AI_REQUEST_MODEL]: model,
  [ATTR_GEN_AI_REQUEST_STREAM]: call.stream,
  "polygate.call_id": call.id,
  "polygate.key_id": keyId,
  "polygate.caller_wire": call.callerWire ?? "canonical",
});

interface Told {
  readonly terminal: string;
  readonly servedModel?: string | undefined;
  readonly finishReason?: string | undefined;
  readonly usage?: Usage | undefined;
  readonly firstContentMs?: number | undefined;
}

const replyAttributes = ({ terminal, servedModel, finishReason, usage, firstContentMs, ...rest }: Told & Failed): Attributes => {
  const failure = rest.code ?? rest.errorCode;
  return {
    "polygate.terminal": terminal,
    ...(servedModel !== undefined && { [ATTR_GEN_AI_RESPONSE_MODEL]: servedModel }),
    ...(finishReason !== undefined && { [ATTR_GEN_AI_RESPONSE_FINISH_REASONS]: [finishReason] }),
    ...(firstContentMs !== undefined && { [ATTR_GEN_AI_RESPONSE_TIME_TO_FIRST_CHUNK]: firstContentMs / 1000 }),
    ...(usage !== undefined && usageAttributes(usage)),
    ...(failure !== undefined && { [ATTR_ERROR_TYPE]: failure }),
  };
};

interface Failed {
  readonly code?: string | undefined;
  readonly errorCode?: string | undefined;
}

const usageAttributes = (usage: Usage): Attributes => ({
  [ATTR_GEN_AI_USAGE_INPUT_TOKENS]: inputTokens(usage),
  [ATTR_GEN_AI_USAGE_OUTPUT_TOKENS]: outputTokens(usage),
  ...(usage.cacheRead > 0 && { [ATTR_GEN_AI_USAGE_CACHE_READ_INPUT_TOKENS]: usage.cacheRead }),
  ...(usage.cacheWrite5m + usage.cacheWrite1h > 0 && {
    [ATTR_GEN_AI_USAGE_CACHE_CREATION_INPUT_TOKENS]: usage.cacheWrite5m + usage.cacheWrite1h,
  }),
  ...(usage.outputReasoning > 0 && { [ATTR_GEN_AI_USAGE_REASONING_OUTPUT_TOKENS]: usage.outputReasoning }),
  ...(usage.estimated === true && { "polygate.usage.estimated": true }),
});

const costAttributes = (nano: bigint | undefined): Attributes =>
  nano === undefined ? {} : { "polygate.cost_usd": Number(nano) / 1e9 };
