import type { Json, JsonObject } from "../../canonical/json.ts";
import { type Findings, isFilled, isText } from "./findings.ts";
import { type Memory, notFound } from "./openai-responses-memory.ts";
import { resultOf } from "./openai-responses-pairs.ts";

const input = new Set(["user", "system", "developer"]);

/** Thoughts are the service's own, stand before what followed them, and are not left out before it. */
export function checkThoughts(
  request: JsonObject,
  items: readonly JsonObject[],
  memory: Memory | undefined,
  findings: Findings,
): void {
  const present = new Set<Json | undefined>(items.map((item) => item["id"]));
  for (const [i, item] of items.entries()) {
    const { id, type } = item;
    const known = isText(id) ? memory?.item(id) : undefined;
    if (type !== "reasoning") {
      const { reasoning } = known ?? {};
      if (reasoning !== undefined && !present.has(reasoning)) {
        const what = `Item '${String(id)}' of type '${String(type)}'`;
        findings.add("input", `${what} was provided without its required 'reasoning' item: '${reasoning}'.`);
      }
      continue;
    }
    checkThought(item, known !== undefined, request, memory, findings);
    const next = items[i + 1];
    const follows = next && !(isText(next["role"]) && input.has(next["role"])) && resultOf[String(next["type"])] === undefined;
    if (!follows && isText(id)) {
      findings.add("input", `Item '${String(id)}' of type 'reasoning' was provided without its required following item.`);
    }
  }
}

function checkThought(
  item: JsonObject,
  known: boolean,
  request: JsonObject,
  memory: Memory | undefined,
  findings: Findings,
): void {
  if (!memory) return;
  const { id, encrypted_content: data } = item;
  if (!isFilled(data)) {
    if (!known && isText(id)) findings.add("input", notFound(id, request));
    return;
  }
  const verdict = memory.encrypted(data, isText(id) ? id : undefined);
  if (verdict === "issued") return;
  const short = `${data.slice(0, 4)}...${data.slice(-4)}`;
  const why = verdict === "forged" ? "" : " Reason: Encrypted content item_id did not match the target item id.";
  findings.add("input", `The encrypted content ${short} could not be verified.${why}`);
}
