import { join } from "node:path";
import type { ListedModel } from "../../canonical/models.ts";
import type { Ports } from "../ports.ts";

/** Where the names of models are kept for the shell's completion; undefined where this user has no home. */
export function modelCache(env: Ports["env"]): string | undefined {
  const base = env["XDG_CACHE_HOME"] || (env["HOME"] && join(env["HOME"], ".cache"));
  return base ? join(base, "polygate", "models") : undefined;
}

/** Keeps the names of models, one per line. That it cannot is nobody's trouble. */
export function rememberModels(models: readonly ListedModel[], { env, files }: Pick<Ports, "env" | "files">): void {
  const path = modelCache(env);
  if (path === undefined || models.length === 0) return;
  const names = models.map(({ id }) => id).filter((id) => /^[\w./:@+-]{1,200}$/.test(id));
  try {
    files.write(path, `${names.sort().join("\n")}\n`, 0o600);
  } catch {
    // A home that cannot be written to only costs the completion.
  }
}
