import type { Json } from "../../canonical/json.ts";
import { Findings, given, isFilled } from "./findings.ts";
import { checkItems } from "./openai-responses-items.ts";
import type { Memory } from "./openai-responses-memory.ts";
import { checkResponsesOptions } from "./openai-responses-options.ts";
import { checkResponsesTools } from "./openai-responses-tools.ts";

/**
 * What OpenAI's Responses service refuses although the body is well formed JSON: results without calls, calls without
 * results, thoughts that are lost or not its own, names, limits. Written from the service's documented and recorded
 * behaviour, apart from `wires/`. Gives sentences `field: what is wrong`, in the service's words where they are known;
 * none = valid. Without `memory` nothing is said of what would have to be remembered.
 */
export function validateResponsesRequest(body: Json, memory?: Memory): string[] {
  const findings = new Findings();
  const request = findings.object(body, "body");
  if (!request) return findings.list;
  if (!given(request["prompt"])) {
    findings.want(isFilled(request["model"]), "model", "Missing required parameter: 'model'.");
    const silent = given(request["previous_response_id"]) || given(request["conversation"]);
    if (!silent) findings.want(given(request["input"]), "input", "Missing required parameter: 'input'.");
  }
  checkItems(request, memory, findings);
  checkResponsesTools(request, findings);
  checkResponsesOptions(request, findings);
  return findings.list;
}
