/** A value as indented JSON for people and programs; a whole number too large for JSON's readers becomes text. */
export const jsonText = (value: unknown): string => tamed(JSON.stringify(value, exact, 2));

/** The same as one line. */
export const jsonLine = (value: unknown): string => tamed(JSON.stringify(value, exact));

const exact = (_key: string, value: unknown): unknown => {
  if (typeof value !== "bigint") return value;
  return value <= Number.MAX_SAFE_INTEGER && value >= Number.MIN_SAFE_INTEGER ? Number(value) : value.toString();
};

/** JSON may hold as they are what would steer a terminal; escaped they mean the same. */
const tamed = (json: string): string =>
  json.replaceAll(
    /[\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g,
    (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
