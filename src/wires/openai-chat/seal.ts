import type { JsonObject } from "../../canonical/json.ts";
import type { Origin, Seal } from "../../canonical/parts.ts";
import { object, others, text } from "../shared/read.ts";

/** Where a tool call bears Google's thought signature on this wire. */
const member = "extra_content";

/** A call's thought signature, and its members without it. What stands beside a signature is left as it is, unread. */
export function readSeal(
  extra: JsonObject | undefined,
  origin: Origin,
): { readonly seal?: Seal | undefined; readonly extra?: JsonObject | undefined } {
  const bare = extra === undefined ? {} : { extra };
  const content = object(extra?.[member]);
  const google = object(content?.["google"]);
  const value = text(google?.["thought_signature"]);
  if (extra === undefined || content === undefined || google === undefined || value === undefined) return bare;
  if (Object.keys(content).length > 1 || Object.keys(google).length > 1) return bare;
  const rest = others(extra, new Set([member]));
  return { seal: { value, origin }, ...(rest && { extra: rest }) };
}

export const sealMembers = ({ value }: Seal): JsonObject => ({ [member]: { google: { thought_signature: value } } });
