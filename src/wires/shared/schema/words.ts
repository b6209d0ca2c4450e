import { isArray, isObject, type Json } from "../../../canonical/json.ts";

const longest = 300;

/** JSON on one line; what is nested too deep to be written is an ellipsis. */
export function written(value: Json | undefined): string {
  try {
    return JSON.stringify(value) ?? "nothing";
  } catch {
    return "…";
  }
}

/** The same, cut where it would be long. */
export function shown(value: Json | undefined): string {
  const text = written(value);
  return text.length > longest ? `${text.slice(0, longest)}…` : text;
}

const names = (value: Json): string => (isArray(value) ? value.map(shown).join(", ") : shown(value));

/** A constraint as a sentence for the model. */
export function told(keyword: string, value: Json): string {
  switch (keyword) {
    case "minLength":
      return `At least ${shown(value)} characters.`;
    case "maxLength":
      return `At most ${shown(value)} characters.`;
    case "pattern":
      return `Matches the regular expression ${typeof value === "string" && value.length < longest ? value : shown(value)}`;
    case "format":
      return `Format: ${typeof value === "string" ? value.slice(0, longest) : shown(value)}.`;
    case "minimum":
      return `At least ${shown(value)}.`;
    case "maximum":
      return `At most ${shown(value)}.`;
    case "exclusiveMinimum":
      return `Greater than ${shown(value)}.`;
    case "exclusiveMaximum":
      return `Less than ${shown(value)}.`;
    case "multipleOf":
      return `A multiple of ${shown(value)}.`;
    case "minItems":
      return `At least ${shown(value)} items.`;
    case "maxItems":
      return `At most ${shown(value)} items.`;
    case "uniqueItems":
      return "No item twice.";
    case "contains":
      return `At least one item fits ${shown(value)}.`;
    case "minProperties":
      return `At least ${shown(value)} properties.`;
    case "maxProperties":
      return `At most ${shown(value)} properties.`;
    case "propertyNames":
      return `Each property's name fits ${shown(value)}.`;
    case "patternProperties":
      return isObject(value)
        ? Object.entries(value)
            .map(([pattern, schema]) => `Properties whose names match ${pattern.slice(0, longest)} fit ${shown(schema)}.`)
            .join(" ")
        : "";
    case "additionalProperties":
    case "unevaluatedProperties":
      return value === true
        ? "Further properties may be given, by any name."
        : `Further properties may be given, by any name; each fits ${shown(value)}.`;
    case "dependentRequired":
    case "dependencies":
      return isObject(value)
        ? Object.entries(value)
            .map(([name, needed]) => `With ${shown(name)} also goes ${names(needed ?? null)}.`)
            .join(" ")
        : "";
    case "enum":
      return `One of ${names(value)}.`;
    case "not":
      return `Must not fit ${shown(value)}.`;
    case "default":
      return `Default: ${shown(value)}.`;
    case "example":
    case "examples":
      return `For example ${names(value)}.`;
    case "deprecated":
      return "Deprecated.";
    default:
      return `${keyword}: ${shown(value)}`;
  }
}
