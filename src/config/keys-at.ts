import { z } from "zod";

/** The keys that an object at `path` of a schema may have, for suggestions. */
export function keysAt(schema: z.core.$ZodType, path: readonly PropertyKey[]): readonly string[] {
  const found = descend(schema, path);
  return found instanceof z.ZodObject ? Object.keys(found.shape) : [];
}

function descend(schema: z.core.$ZodType, path: readonly PropertyKey[]): z.core.$ZodType | undefined {
  const [step, ...rest] = path;
  const inner = unwrap(schema);
  if (step === undefined) return inner;
  if (inner instanceof z.ZodObject) {
    const member: unknown = inner.shape[String(step)];
    return member instanceof z.ZodType ? descend(member, rest) : undefined;
  }
  if (inner instanceof z.ZodRecord) return descend(inner.valueType, rest);
  if (inner instanceof z.ZodArray) return descend(inner.element, rest);
  return undefined;
}

function unwrap(schema: z.core.$ZodType): z.core.$ZodType {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodNullable || schema instanceof z.ZodDefault)
    return unwrap(schema.unwrap());
  if (schema instanceof z.ZodPipe) return unwrap(schema.in instanceof z.ZodTransform ? schema.out : schema.in);
  return schema;
}
