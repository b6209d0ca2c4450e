import type { KeyOptions } from "./config.ts";
import type { Environment } from "./environment.ts";
import type { Problem } from "./problems.ts";
import { key as keySchema } from "./sections/keys.ts";

/** Values that a variable gives where the file is silent. */
const variables: readonly { readonly path: readonly [string] | readonly [string, string]; readonly variable: string }[] = [
  { path: ["server", "host"], variable: "POLYGATE_HOST" },
  { path: ["server", "port"], variable: "POLYGATE_PORT" },
  { path: ["data_dir"], variable: "POLYGATE_DATA_DIR" },
  { path: ["workers"], variable: "POLYGATE_WORKERS" },
];

/** The variable that each path has its value from, by the path's spelling: `server.port`. */
export type Sources = ReadonlyMap<string, string>;

/** The file's value with what the environment adds to it. What the file says stays. */
export function withVariables(value: unknown, environment: Environment): { readonly value: unknown; readonly sources: Sources } {
  const sources = new Map<string, string>();
  let whole = value ?? {};
  for (const { path, variable } of variables) {
    const said = environment.get(variable);
    const changed = said === undefined ? undefined : put(whole, path, said);
    if (changed === undefined) continue;
    whole = changed;
    sources.set(path.join("."), variable);
  }
  return { value: whole, sources };
}

/** Undefined where the path has a value already, or cannot have one. */
function put(whole: unknown, path: readonly string[], said: string): object | undefined {
  const [step, ...rest] = path;
  if (step === undefined || typeof whole !== "object" || whole === null || Array.isArray(whole)) return undefined;
  const members = new Map<string, unknown>(Object.entries(whole));
  const inner = members.get(step);
  if (rest.length === 0) return inner === undefined || inner === null ? { ...whole, [step]: said } : undefined;
  const changed = put(inner ?? {}, rest, said);
  return changed && { ...whole, [step]: changed };
}

/**
 * Keys that need no file: `POLYGATE_KEY` has one secret, for the key `env`; `POLYGATE_KEYS` has several, apart by commas or
 * blanks, each alone (`env-1`, `env-2` …) or as `id=secret`. One whose secret the file has, too, is the file's.
 */
export function environmentKeys(
  environment: Environment,
  ofFile: readonly KeyOptions[],
): { readonly keys: readonly KeyOptions[]; readonly problems: readonly Problem[] } {
  const keys: KeyOptions[] = [];
  const problems: Problem[] = [];
  const take = (variable: string, id: string, secret: string): void => {
    const parsed = keySchema.safeParse({ id, secret });
    if (!parsed.success) {
      for (const { message } of parsed.error.issues)
        problems.push({ message: `${variable}: the key ${JSON.stringify(id)} ${message}` });
      return;
    }
    const known = [...ofFile, ...keys];
    if (known.some((other) => other.secret.reveal() === secret)) return;
    if (known.some((other) => other.id === id)) {
      problems.push({ message: `${variable}: another key has the id ${JSON.stringify(id)} already` });
    } else keys.push(parsed.data);
  };
  const one = environment.get("POLYGATE_KEY");
  if (one !== undefined) take("POLYGATE_KEY", "env", one.trim());
  const several = (environment.get("POLYGATE_KEYS") ?? "").split(/[\s,]+/).filter((part) => part !== "");
  for (const [index, part] of several.entries()) {
    const named = /^([A-Za-z0-9._-]{1,64})=(.+)$/.exec(part);
    take("POLYGATE_KEYS", named?.[1] ?? `env-${index + 1}`, named?.[2] ?? part);
  }
  return { keys, problems };
}
