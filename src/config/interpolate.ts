import type { Environment } from "./environment.ts";

const reference = /\$(\$\{)|\$\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\}|\$\{([^}]*)\}?/g;

export type Interpolated =
  | { readonly ok: true; readonly text: string }
  /** `missing`: variables without a value or default; `malformed`: references that name no variable. */
  | { readonly ok: false; readonly missing: readonly string[]; readonly malformed: readonly string[] };

/**
 * Puts the environment's values in place of `${NAME}` and `${NAME:-default}`; `$${` stands for a plain `${`. The result is
 * not looked at again, so a value that holds `${…}` itself stays as it is.
 */
export function interpolate(text: string, environment: Environment): Interpolated {
  if (!text.includes("${")) return { ok: true, text };
  const missing: string[] = [];
  const malformed: string[] = [];
  const replaced = text.replace(reference, (whole, escaped?: string, name?: string, fallback?: string) => {
    if (escaped !== undefined) return escaped;
    if (name === undefined) {
      malformed.push(whole);
      return "";
    }
    const value = environment.get(name) ?? fallback;
    if (value === undefined) missing.push(name);
    return value ?? "";
  });
  return missing.length + malformed.length > 0 ? { ok: false, missing, malformed } : { ok: true, text: replaced };
}
