import type { JsonObject } from "../../canonical/json.ts";

/** What the service remembers. Left out of the check where it is absent. */
export interface Memory {
  /** A stored response: everything its model was shown, and its output. */
  response(id: string): { readonly conversation: readonly JsonObject[]; readonly output: readonly JsonObject[] } | undefined;
  /** An item of a stored response, and the reasoning item right before it. */
  item(id: string): { readonly item: JsonObject; readonly reasoning: string | undefined } | undefined;
  /** Whether the service encrypted these thoughts, and for the reasoning item of that id. */
  encrypted(data: string, id: string | undefined): "issued" | "other-item" | "forged";
}

/** What is said of an item that is referred to and not remembered. */
export function notFound(id: string, request: JsonObject): string {
  const why =
    " Items are not persisted when `store` is set to false. Try again with `store` set to true, or remove this item from your input.";
  return `Item with id '${id}' not found.${request["store"] === false ? why : ""}`;
}
