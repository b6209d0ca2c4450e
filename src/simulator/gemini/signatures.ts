import type { JsonObject } from "../../canonical/json.ts";
import type { Signer } from "../brain/signer.ts";
import { object } from "./normal.ts";

/** Gives the signature of a part: of the first call of a step by its name, of a text by none. */
export const sign = (signer: Signer, nonce: string, name: string): string =>
  Buffer.from(`${nonce}.${signer.sign("part", `${nonce}\n${name}`)}`).toString("base64");

/**
 * Whether the part carries a signature that was issued for such a part. It may have come back in either alphabet of base64,
 * as the service takes it. A signature does not bind a call's arguments: the service takes them edited too.
 */
export function isIssued(signer: Signer, signature: string, part: JsonObject): boolean {
  const name = part["functionCall"] === undefined ? "" : String(object(part["functionCall"])["name"]);
  const [nonce = "", mac = ""] = Buffer.from(signature, "base64").toString("latin1").split(".", 2);
  if (signer.signed("part", `${nonce}\n${name}`, mac)) return true;
  return signer.knows(signature) || signer.knows(signature.replaceAll("-", "+").replaceAll("_", "/"));
}

const bypasses = ["context_engineering_is_the_way_to_go", "skip_thought_signature_validator"];

/** Whether it is a value that Google documents for calls that no model of its own made, as it stands or in base64. */
export const isBypass = (signature: string): boolean =>
  bypasses.includes(signature) || bypasses.includes(Buffer.from(signature, "base64").toString("latin1"));
