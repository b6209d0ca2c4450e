import { isArray, isObject, type JsonObject } from "../../../canonical/json.ts";
import { type Sayer, spelled } from "./sayer.ts";

/** The schema with null beside it. */
export function orNull(schema: JsonObject, sayer: Sayer): JsonObject {
  const { speech } = sayer;
  const { type, enum: values, anyOf: branches, description, title, ...rest } = schema;
  if (speech.nullFlag) {
    return isArray(branches)
      ? { ...schema, anyOf: branches.map((one) => (isObject(one) ? { ...one, nullable: true } : one)) }
      : { ...schema, nullable: true };
  }
  const none = spelled(sayer, "null");
  if (isArray(branches)) {
    return branches.some((one) => isObject(one) && one["type"] === none)
      ? schema
      : { ...schema, anyOf: [...branches, { type: none }] };
  }
  if (isArray(type)) return type.includes(none) ? schema : { ...schema, type: [...type, none] };
  if (type === none || type === undefined) return schema;
  if (!isArray(values)) return { ...schema, type: [type, none] };
  if (speech.strict) return { ...schema, type: [type, none], enum: [...values, null] };
  const words = { ...(title !== undefined && { title }), ...(description !== undefined && { description }) };
  return { ...words, anyOf: [{ type, enum: values, ...rest }, { type: none }] };
}

export const takesNull = ({ type, anyOf }: JsonObject): boolean =>
  (isArray(type) && type.includes("null")) ||
  type === "null" ||
  (isArray(anyOf) && anyOf.some((one) => isObject(one) && takesNull(one)));
