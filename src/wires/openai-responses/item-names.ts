import { isBareSeal, type Part } from "../../canonical/parts.ts";
import { madeId } from "./made-ids.ts";
import { name } from "./name.ts";

/**
 * Gives the parts of an answer the ids of the items that their caller is shown: of each part as it begins, in order. An encoder
 * that finds them there shows them (see Items, whose rules these are); parts that it shows in no item get none.
 */
export class ItemNames {
  readonly #seed: string;
  #items = 0;
  /** The message or reasoning item that a next part may join. */
  #open: { readonly prefix: string; readonly id: string; readonly source: string | undefined } | undefined;

  constructor(seed: string) {
    this.#seed = seed;
  }

  name(part: Part): Part {
    const prefix = prefixOf(part);
    if (prefix === undefined) return part;
    const source = part.itemId ?? valueId(part);
    const open = this.#open;
    if (open !== undefined && open.prefix === prefix && open.source === source) return { ...part, itemId: open.id };
    const id = source ?? madeId(prefix, this.#seed, this.#items);
    this.#items++;
    const joinable = (prefix === "msg" || prefix === "rs") && !(part.type === "reasoning" && part.encrypted !== undefined);
    this.#open = joinable ? { prefix, id, source } : undefined;
    return { ...part, itemId: id };
  }
}

const valueId = (part: Part): string | undefined =>
  part.type === "opaque" && typeof part.value["id"] === "string" ? part.value["id"] : undefined;

/** How the id of the part's item begins; undefined for parts that are not shown. */
function prefixOf(part: Part): string | undefined {
  if (isBareSeal(part)) return undefined;
  switch (part.type) {
    case "text":
    case "refusal":
    case "audio":
      return "msg";
    case "reasoning": {
      const own = part.origin === undefined || part.origin.wire === name;
      const sealed = part.redacted !== undefined || (part.encrypted !== undefined && !own);
      return sealed && part.text === "" ? undefined : "rs";
    }
    case "tool-call":
      return part.kind === "custom" ? "ctc" : "fc";
    case "opaque":
      return part.origin.wire === name && part.value["type"] === part.kind ? "item" : undefined;
    case "image":
      return part.source.kind === "base64" ? "ig" : undefined;
    case "video":
    case "document":
    case "tool-result":
      return undefined;
  }
}
