import { basename } from "node:path";
import { z } from "zod";
import type { Json } from "../canonical/json.ts";
import { readDocument } from "./document.ts";
import { Environment } from "./environment.ts";
import { withVariables } from "./from-environment.ts";
import { type LoadOptions, parseConfig, readConfigText } from "./load.ts";
import { configSchema } from "./schema.ts";
import { formatDuration, formatSize } from "./units.ts";

/** One value of the configuration in force. */
export interface ConfigValue {
  /** As the file spells it: `timeouts.total`, `keys[0].id`. */
  readonly path: string;
  /** Secrets as `[secret]`; undefined where there is none and no default either. */
  readonly value: Json | undefined;
  /** Whence it came: `--port`, `polygate.yaml:12`, `polygate.yaml:12 (${PORT})`, `POLYGATE_PORT (environment)`, `default`. */
  readonly source: string;
}

/** Variables that others read where the file is silent. */
const elsewhere: { readonly [path: string]: readonly string[] | undefined } = {
  "log.level": ["POLYGATE_LOG_LEVEL", "DELOS_LOG_LEVEL"],
  "observe.otlp_endpoint": ["OTEL_EXPORTER_OTLP_ENDPOINT", "DELOS_OBSERVE_ENDPOINT"],
};

/**
 * Every value and where it comes from, in the order of the schema; of lists and of what the operator names himself (keys,
 * providers, aliases) what the file has. Throws ConfigError, as `loadConfig` does.
 */
export function explainConfig(options: LoadOptions): readonly ConfigValue[] {
  const given = readConfigText(options);
  const config = parseConfig(options, given);
  const file = given.file ?? "";
  const environment = new Environment(options.env, given.dotenv);
  const document = readDocument(given.text, file, environment);
  const { value: whole, sources } = withVariables(document.value, environment);
  const lines = given.text.split("\n");
  const flags = new Map<string, Json | undefined>(
    Object.entries(options.overrides ?? {}).map(([flag, value]) => [flag === "workers" ? flag : `server.${flag}`, value]),
  );
  const fromVariable = (name: string): string => `${name} (${environment.source(name) ?? "environment"})`;

  const inFile = (path: readonly PropertyKey[]): string => {
    const { line = 1, column = 1 } = document.locate(path);
    const [, variable] = /^["']?[^,"']*?\$\{([A-Za-z_]\w*)/.exec(lines[line - 1]?.slice(column - 1) ?? "") ?? [];
    return `${basename(file)}:${line}${variable === undefined ? "" : ` (\${${variable}})`}`;
  };

  const leaf = (path: readonly PropertyKey[], said: unknown, preset: unknown): ConfigValue => {
    const spelled = spell(path);
    const flag = flags.get(spelled);
    if (flag !== undefined) return { path: spelled, value: flag, source: `--${String(path.at(-1))}` };
    const variable = sources.get(spelled);
    if (variable !== undefined) return { path: spelled, value: shown(path, said), source: fromVariable(variable) };
    if (said !== undefined && said !== null) return { path: spelled, value: shown(path, said), source: inFile(path) };
    const other = elsewhere[spelled]?.find((name) => environment.get(name) !== undefined);
    if (other !== undefined) return { path: spelled, value: environment.get(other), source: fromVariable(other) };
    if (spelled === "data_dir") return { path: spelled, value: config.dataDir, source: "default" };
    return { path: spelled, value: preset === undefined ? undefined : shown(path, preset), source: "default" };
  };

  const walk = (schema: z.core.$ZodType, path: readonly PropertyKey[], said: unknown): readonly ConfigValue[] => {
    const { inner, preset } = opened(schema);
    if (inner instanceof z.ZodObject) {
      const shape: readonly (readonly [string, unknown])[] = Object.entries(inner.shape);
      return shape.flatMap(([key, member]) =>
        member instanceof z.ZodType ? walk(member, [...path, key], memberOf(said, key)) : [],
      );
    }
    if (inner instanceof z.ZodRecord) {
      const names = Object.keys(typeof said === "object" && said !== null ? said : {});
      // What is not said of it is the provider's, or nobody's, own.
      return names.flatMap((name) => walk(inner.valueType, [...path, name], memberOf(said, name)).filter(isSaid));
    }
    if (inner instanceof z.ZodArray && opened(inner.element).inner instanceof z.ZodObject) {
      const items: readonly unknown[] = Array.isArray(said) ? said : [];
      return items.flatMap((item, index) => walk(inner.element, [...path, index], item).filter(isSaid));
    }
    return [leaf(path, said, preset)];
  };

  const ofFile = new Set(
    walk(configSchema, [], whole)
      .filter(({ path }) => /^keys\[\d+\]\.id$/.test(path))
      .map(({ value }) => value),
  );
  const ofEnvironment = config.keys.filter(({ id }) => !ofFile.has(id));
  return [
    ...walk(configSchema, [], whole),
    ...ofEnvironment.map(({ id }) => ({
      path: `keys.${id}`,
      value: "[secret]",
      source: fromVariable(id === "env" && environment.get("POLYGATE_KEY") !== undefined ? "POLYGATE_KEY" : "POLYGATE_KEYS"),
    })),
  ];
}

const isSaid = ({ source }: ConfigValue): boolean => source !== "default";

/** What is inside of defaults and transformations, and the default that was met on the way. */
function opened(schema: z.core.$ZodType, preset?: unknown): { readonly inner: z.core.$ZodType; readonly preset: unknown } {
  if (schema instanceof z.ZodDefault) return opened(schema.unwrap(), schema.def.defaultValue);
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodNullable) return opened(schema.unwrap(), preset);
  if (schema instanceof z.ZodPipe) return opened(schema.in instanceof z.ZodTransform ? schema.out : schema.in, preset);
  return { inner: schema, preset };
}

const memberOf = (value: unknown, key: string): unknown =>
  typeof value === "object" && value !== null ? Object.entries(value).find(([name]) => name === key)?.[1] : undefined;

const spell = (path: readonly PropertyKey[]): string =>
  path.map((step, index) => (typeof step === "number" ? `[${step}]` : `${index === 0 ? "" : "."}${String(step)}`)).join("");

/** A value as it would be written: durations and sizes with their units, secrets not at all. */
function shown(path: readonly PropertyKey[], value: unknown): Json | undefined {
  const key = String(path.at(-1));
  if ((key === "secret" || key === "api_key") && value !== "none") return "[secret]";
  if (typeof value === "number" && (path[0] === "timeouts" || key === "ttl" || key === "timeout")) return formatDuration(value);
  if (typeof value === "number" && /bytes$/.test(key)) return formatSize(value);
  return toJson(value);
}

const toJson = (value: unknown): Json | undefined => (value === undefined ? undefined : JSON.parse(JSON.stringify(value)));
