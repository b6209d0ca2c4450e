import type { Json } from "../../canonical/json.ts";
import { type Findings, given, isText } from "./findings.ts";

/** Few, short pairs of texts. */
export function checkMetadata(metadata: Json | undefined, findings: Findings): void {
  if (!given(metadata)) return;
  const pairs = Object.entries(findings.object(metadata, "metadata") ?? {});
  findings.want(pairs.length <= 16, "metadata", "must have at most 16 pairs");
  for (const [key, value] of pairs) {
    findings.want(
      key.length <= 64 && isText(value) && value.length <= 512,
      `metadata.${key}`,
      "must be a string of at most 512 characters under a key of at most 64",
    );
  }
}
