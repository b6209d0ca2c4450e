import type { z } from "zod";
import type { ConfigDocument } from "./document.ts";
import { keysAt } from "./keys-at.ts";
import type { Problem } from "./problems.ts";
import { configSchema } from "./schema.ts";
import { suggestion } from "./suggest.ts";

/** What the schema found wrong, in words for the operator and with the line it stands on. */
export function explain(issue: z.core.$ZodIssue, document: ConfigDocument): Problem[] {
  const where = issue.path.length === 0 ? "" : `${spell(issue.path)}: `;
  switch (issue.code) {
    case "unrecognized_keys": {
      const known = keysAt(configSchema, issue.path);
      return issue.keys.map((key) => {
        const near = suggestion(key, known);
        const help = near === "" ? `; known here: ${known.join(", ")}` : near;
        return { ...document.locate([...issue.path, key], "key"), message: `${where}unknown key ${JSON.stringify(key)}${help}` };
      });
    }
    case "invalid_key":
      return issue.issues.map((inner) => ({ ...document.locate(issue.path, "key"), message: `${where}${inner.message}` }));
    case "invalid_value": {
      const values = issue.values.map(String).join(", ");
      return [{ ...document.locate(issue.path), message: `${where}must be one of ${values}` }];
    }
    case "invalid_union":
    case "invalid_type":
    case "too_big":
    case "too_small":
    case "invalid_format":
    case "not_multiple_of":
    case "invalid_element":
    case "custom":
      return [{ ...document.locate(issue.path), message: `${where}${issue.message}` }];
  }
}

const spell = (path: readonly PropertyKey[]): string =>
  path.map((step, index) => (typeof step === "number" ? `[${step}]` : `${index === 0 ? "" : "."}${String(step)}`)).join("");
