import OpenAI from "openai";
import type { Driver, Fault, Place } from "../driver.ts";

export const openaiAt = ({ origin, key }: Place): OpenAI => new OpenAI({ baseURL: `${origin}/v1`, apiKey: key, maxRetries: 0 });

export const openaiKinds: Driver["kinds"] = {
  "400": "BadRequestError",
  "401": "AuthenticationError",
  "403": "PermissionDeniedError",
  "404": "NotFoundError",
  "429": "RateLimitError",
  "500": "InternalServerError",
  "529": "InternalServerError",
  overflow: "BadRequestError context_length_exceeded",
  stream: "APIError",
};

export function openaiFault(thrown: unknown): Fault | undefined {
  if (!(thrown instanceof OpenAI.APIError)) return undefined;
  const { status, message, headers, code } = thrown;
  const retryAfter = headers?.get("retry-after") ?? undefined;
  // Users tell an overflow by its code: it has no class of its own.
  const kind = code === "context_length_exceeded" ? `${thrown.constructor.name} ${code}` : thrown.constructor.name;
  return { kind, status, message, retryAfter };
}

export const isOpenaiAbort = (thrown: unknown): boolean => thrown instanceof OpenAI.APIUserAbortError;
