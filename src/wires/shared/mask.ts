import { isArray, isObject, type Json } from "../../canonical/json.ts";

/** Shapes of credentials as providers quote them back in error sentences. */
const secrets =
  /\b(?:sk|pk|rk|gsk|xai|key|r8|hf|nvapi|pplx|csk|tgp|fw|AIza|ya29|AKIA|ASIA)[-_.]?[A-Za-z0-9_\-.*]{12,}|\b(?:bearer|basic)\s+[A-Za-z0-9_\-.~+/=*]{6,}|\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)?|\bsk-[A-Za-z0-9_\-*]{4,}/gi;

/** The text with everything that looks like a credential replaced by `[secret]`. */
export const maskSecrets = (text: string): string => text.replace(secrets, "[secret]");

/** A JSON value with its strings masked. */
export function maskJson(value: Json): Json {
  if (typeof value === "string") return maskSecrets(value);
  if (isArray(value)) return value.map(maskJson);
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [name, member === undefined ? member : maskJson(member)]),
  );
}
