import { isArray, isObject, type Json } from "../../canonical/json.ts";

/** Shapes of credentials as providers quote them back in error sentences, some with stars in the middle. */
const shapes = [
  "\\bsk-[A-Za-z0-9_*-]{4,}",
  "\\b(?:pk|rk|gsk|xai|key|r8|hf|nvapi|pplx|csk|tgp|fw)[-_](?=[A-Za-z_-]*[0-9*])[A-Za-z0-9_*-]{12,}",
  "\\bAIza[A-Za-z0-9_*-]{12,}",
  "\\bya29\\.[A-Za-z0-9_.*-]{8,}",
  "\\b(?:AKIA|ASIA)[A-Z0-9]{12,}",
  "\\b(?:[Bb]earer|[Bb]asic)\\s+(?=[^\\s,;]*[0-9*])[A-Za-z0-9_.~+/=*-]{6,}",
  "\\beyJ[A-Za-z0-9_-]{8,}\\.[A-Za-z0-9_.-]+",
];
const secrets = new RegExp(shapes.join("|"), "g");

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
