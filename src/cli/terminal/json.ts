/** A value as indented JSON for people and programs; a whole number too large for JSON's readers becomes text. */
export const jsonText = (value: unknown): string => JSON.stringify(value, exact, 2);

/** The same as one line. */
export const jsonLine = (value: unknown): string => JSON.stringify(value, exact);

const exact = (_key: string, value: unknown): unknown => {
  if (typeof value !== "bigint") return value;
  return value <= Number.MAX_SAFE_INTEGER && value >= Number.MIN_SAFE_INTEGER ? Number(value) : value.toString();
};
