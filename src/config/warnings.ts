import { isAbsolute, resolve } from "node:path";
import type { Config } from "./config.ts";
import type { Overrides } from "./load.ts";
import { closing } from "./suggest.ts";

/* What is good enough to serve with, and probably not what was meant. */

export interface WarningFacts {
  /** Flags of the command line, which are stronger than both the file and the environment. */
  readonly overrides?: Overrides | undefined;
  readonly cwd: string;
  /** The providers that calls can go to. */
  readonly providers: Iterable<string>;
  /** Those that need only a credential. */
  readonly builtIn: Iterable<string>;
}

/** A sentence for each thing that the operator should know, none for a configuration that says what it does. */
export const warningsOf = (config: Config, facts: WarningFacts): readonly string[] => [
  ...strayAliases(config, facts),
  ...outvoted(config, facts),
];

function strayAliases({ aliases }: Config, { providers, builtIn }: WarningFacts): readonly string[] {
  const there = new Set(providers);
  const known = new Set(builtIn);
  return [...aliases].flatMap(([alias, model]) => {
    const name = model.slice(0, model.indexOf("/"));
    if (there.has(name)) return [];
    const why = known.has(name)
      ? `the provider ${name} has no credential.`
      : `there is no provider ${JSON.stringify(name)}${closing(name, [...there, ...known])}`;
    return [`calls of the alias ${JSON.stringify(alias)} fail: it stands for ${model}, and ${why}`];
  });
}

/** Variables of the environment that say otherwise than the file, which wins. */
function outvoted(config: Config, { overrides, cwd, builtIn }: WarningFacts): readonly string[] {
  const { environment, server, workers, dataDir, file } = config;
  const folder = (said: string): string => (isAbsolute(said) ? said : resolve(cwd, said));
  const known = new Set(builtIn);
  const rows: readonly (readonly [variable: string, key: string, follows: (said: string) => boolean])[] = [
    ["POLYGATE_HOST", "server.host", (said) => overrides?.host !== undefined || said === server.host],
    ["POLYGATE_PORT", "server.port", (said) => overrides?.port !== undefined || Number(said) === server.port],
    ["POLYGATE_WORKERS", "workers", (said) => overrides?.workers !== undefined || said === String(workers)],
    ["POLYGATE_DATA_DIR", "data_dir", (said) => folder(said) === dataDir],
    ...config.providers.flatMap(({ name, baseUrl }) => {
      if (baseUrl === undefined || !known.has(name)) return [];
      const follows = (said: string): boolean => said.replace(/\/+$/, "") === baseUrl.replace(/\/+$/, "");
      return [[`${name.toUpperCase()}_BASE_URL`, `providers.${name}.base_url`, follows] as const];
    }),
  ];
  if (file === undefined) return [];
  return rows.flatMap(([variable, key, follows]) => {
    const said = environment.get(variable);
    if (said === undefined || follows(said)) return [];
    return [
      `${variable} (${environment.source(variable)}) is not followed: ${file} says another ${key}, and the file wins. Take it out of one of them.`,
    ];
  });
}
