import { isArray, type Json } from "../../canonical/json.ts";
import { Findings, given, isFilled } from "./findings.ts";

const mostInputs = 2048;
const mostDimensions = 3072;

/** What OpenAI's embeddings service refuses. Gives sentences `field: what is wrong`; none = valid. */
export function validateEmbeddingsRequest(body: Json): string[] {
  const findings = new Findings();
  const request = findings.object(body, "body");
  if (!request) return findings.list;
  findings.want(isFilled(request["model"]), "model", "you must provide a model parameter");
  checkInput(request["input"], findings);
  const format = request["encoding_format"];
  findings.want(!given(format) || format === "float" || format === "base64", "encoding_format", "must be float or base64");
  findings.range(request, "dimensions", 1, mostDimensions, true);
  return findings.list;
}

function checkInput(input: Json | undefined, findings: Findings): void {
  if (!isArray(input)) {
    findings.want(isFilled(input), "input", "must be a string that is not empty, or a list");
    return;
  }
  findings.want(input.length > 0 && input.length <= mostInputs, "input", `must hold 1 to ${mostInputs} entries`);
  const kinds = new Set(input.map(kindOf));
  findings.want(
    kinds.size <= 1 && !kinds.has("other"),
    "input",
    "'$.input' is invalid: it must be a list of strings that are not empty, of whole numbers, or of lists of whole numbers",
  );
}

function kindOf(entry: Json): "text" | "token" | "tokens" | "other" {
  if (isFilled(entry)) return "text";
  if (isToken(entry)) return "token";
  return isArray(entry) && entry.length > 0 && entry.every(isToken) ? "tokens" : "other";
}

const isToken = (entry: Json): boolean => typeof entry === "number" && Number.isInteger(entry) && entry >= 0;
