export type { FinishReason } from "./canonical/chat.ts";
export { type ErrorCode, type Fault, GatewayError } from "./canonical/error.ts";
export type { Json, JsonObject } from "./canonical/json.ts";
export type { ListedModel } from "./canonical/models.ts";
export type { Part } from "./canonical/parts.ts";
export type { Usage } from "./canonical/usage.ts";
export type { Warning } from "./canonical/warnings.ts";
export { ConfigError, type Problem } from "./config/problems.ts";
export { CallError } from "./library/call-error.ts";
export { createGateway } from "./library/create-gateway.ts";
export type { Gateway, GenerateStream, Health, Models } from "./library/gateway.ts";
export type {
  Duration,
  GatewayOptions,
  GatewaySettings,
  GuardAction,
  GuardSettings,
  LossPolicy,
  ModelPrice,
  ProviderSettings,
  Size,
} from "./library/options.ts";
export type {
  CallOptions,
  Content,
  EmbedRequest,
  GenerateRequest,
  InlineData,
  InputMessage,
  InputPart,
  ToolDefinition,
} from "./library/request.ts";
export type {
  CallFacts,
  CountResult,
  EmbedResult,
  GenerateResult,
  StreamEvent,
  ToolCall,
  TotalUsage,
} from "./library/result.ts";
export { StorageError } from "./storage/storage-error.ts";
