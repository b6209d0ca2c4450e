import type { Json, JsonObject } from "../../canonical/json.ts";

/** A place where a published specification forbids what its own service accepts. */
export interface SpecException {
  readonly spec: "openai" | "anthropic";
  /** Top-level request field, left out of the check where it has this value. */
  readonly field: string;
  readonly value: Json;
  readonly reason: string;
}

/** Every one was met in recorded requests that the service answered with 2xx. */
export const specExceptions: readonly SpecException[] = [
  {
    spec: "openai",
    field: "stop",
    value: [],
    reason: "the specification wants at least one sequence; the service takes an empty list as none",
  },
  {
    spec: "openai",
    field: "tool_choice",
    value: null,
    reason: "Responses: the specification wants a choice; the service takes null as absent",
  },
  {
    spec: "openai",
    field: "encoding_format",
    value: null,
    reason: "embeddings: the specification wants a string; the service takes null as absent",
  },
];

/** The request without what the service accepts against its own specification. */
export function withoutExceptions(body: JsonObject, spec: SpecException["spec"]): JsonObject {
  let checked = body;
  for (const exception of specExceptions) {
    if (exception.spec !== spec || JSON.stringify(body[exception.field]) !== JSON.stringify(exception.value)) continue;
    const { [exception.field]: _, ...rest } = checked;
    checked = rest;
  }
  return checked;
}
