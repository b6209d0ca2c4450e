import { isArray, isObject } from "../canonical/json.ts";
import { type ConfigValue, explainConfig } from "../config/explain-config.ts";
import { loadConfig } from "../config/load.ts";
import { closing } from "../config/suggest.ts";
import type { ProviderView } from "../process/contract.ts";
import type { Ports } from "./ports.ts";
import { jsonText } from "./terminal/json.ts";
import { paintFor } from "./terminal/paint.ts";
import { table } from "./terminal/table.ts";
import { oneLine } from "./terminal/text.ts";

export interface ShowConfigOptions {
  readonly config?: string | undefined;
  /** Only paths that have one of these in them; none: all. */
  readonly only: readonly string[];
  /** Leave defaults out. */
  readonly set: boolean;
  readonly json: boolean;
}

/** `polygate config show`: each value of the configuration with its source. Gives the exit code. */
export async function showConfigCommand({ config: argvPath, only, set, json }: ShowConfigOptions, ports: Ports): Promise<number> {
  const { known, prepare } = await ports.engine();
  const { env, cwd } = ports;
  const options = { argvPath, env, cwd, readFile: (path: string) => ports.readFile(path), known };
  const config = loadConfig(options);
  const said = explainConfig(options);
  const all = [...said, ...prepare(config, () => {}).providers.flatMap((view) => ofProvider(view, said))];
  const shown = all.filter(
    ({ path, source }) => (!set || source !== "default") && (only.length === 0 || only.some((text) => path.includes(text))),
  );
  if (json) {
    const values = shown.map(({ path, value = null, source }) => ({ path, value, source }));
    ports.out(jsonText({ file: config.file ?? null, values }));
    return 0;
  }
  if (shown.length === 0 && only.length > 0) {
    const sought = only.map((text) => JSON.stringify(oneLine(text))).join(" or ");
    const [first = ""] = only;
    const keys = new Set(all.flatMap(({ path }) => [path, ...path.split(".")]));
    ports.err(`No key of the configuration${set ? " that is set" : ""} has ${sought} in its name${closing(first, keys)}`);
    return 1;
  }
  const paint = paintFor(ports, "out");
  ports.out(`configuration: ${config.file ?? "no file; the defaults hold"}`);
  const rows = [["KEY", "VALUE", "FROM"], ...shown.map(({ path, value, source }) => [path, words(value), source])];
  const columns = ports.terminal.out ? ports.terminal.columns : undefined;
  for (const [index, line] of table(rows, { columns, flexible: [1, 2] }).entries())
    ports.out(index === 0 || shown[index - 1]?.source === "default" ? paint("dim", line) : line);
  return 0;
}

/** What a provider has that its lines do not say. */
function ofProvider({ name, baseUrl, credentialFrom }: ProviderView, said: readonly ConfigValue[]): readonly ConfigValue[] {
  const silent = (key: string): boolean => !said.some(({ path }) => path === `providers.${name}.${key}`);
  const credential = credentialFrom === "none needed" ? "none" : "[secret]";
  return [
    ...(silent("base_url") ? [{ path: `providers.${name}.base_url`, value: baseUrl, source: "default" }] : []),
    ...(silent("api_key") ? [{ path: `providers.${name}.api_key`, value: credential, source: credentialFrom }] : []),
  ];
}

function words(value: ConfigValue["value"]): string {
  if (value === undefined || value === null) return "not set";
  if (isArray(value) || isObject(value)) return oneLine(JSON.stringify(value), 200);
  return oneLine(String(value), 200);
}
