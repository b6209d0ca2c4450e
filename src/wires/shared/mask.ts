import type { Json, JsonObject } from "../../canonical/json.ts";

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
/** Whatever is called a key. */
const keyed = /(api[-_ ]?key(?: provided)?["']?\s*[:=]\s*["']?)[^\s"',}]{4,}/gi;

/** The text with everything that looks like a credential replaced by `[secret]`. */
export const maskSecrets = (text: string): string => text.replace(secrets, "[secret]").replace(keyed, "$1[secret]");

const longestBody = 4000;

/** A provider's body with its strings masked, as it may be kept; of one that is long only the beginning, as text. */
export function maskBody(body: JsonObject): Json {
  let written: string;
  try {
    written = JSON.stringify(body);
  } catch {
    return "[nested too deep]";
  }
  if (written.length > longestBody) return `${maskSecrets(written.slice(0, longestBody))}…`;
  const value: Json = JSON.parse(written, (_, item: unknown) => (typeof item === "string" ? maskSecrets(item) : item));
  return value;
}
