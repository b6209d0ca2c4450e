import { Secret } from "../canonical/secret.ts";

/** Where traces go and how much of them. */
export interface TraceSettings {
  /** The whole address, `/v1/traces` included. */
  readonly url: string;
  readonly headers: readonly { readonly name: string; readonly value: Secret }[];
  readonly resource: { readonly [name: string]: string };
  readonly sampler: TraceSampler;
  /** How long spans gather before they are sent, in milliseconds. */
  readonly delayMs: number;
  /** Prompts and answers, too. */
  readonly content: boolean;
  /** Providers are sent the trace's `traceparent`. */
  readonly propagate: boolean;
}

export interface TraceSampler {
  /** Of traces that begin here: 1 = all. */
  readonly ratio: number;
  /** Whether the caller's decision for its trace holds for our part of it. */
  readonly parentBased: boolean;
}

interface Variables {
  get(name: string): string | undefined;
}

/** What the configuration says under `observe`. */
interface Said {
  readonly otlpEndpoint?: string | undefined;
  readonly content: boolean;
  readonly propagate: boolean;
}

/** Something that cannot be read as what it should be. `message` is for the operator. */
class Unreadable extends Error {}

export interface TraceSources {
  readonly said: Said;
  readonly variables: Variables;
  /** The program's. */
  readonly version: string;
  /** Told why there are no traces though somebody wanted some. */
  readonly onTrouble: (message: string) => void;
}

/**
 * Undefined where nobody said where traces go, or OTEL_SDK_DISABLED is true. The address: the configuration's, else
 * OTEL_EXPORTER_OTLP_TRACES_ENDPOINT (as it is), else OTEL_EXPORTER_OTLP_ENDPOINT, else DELOS_OBSERVE_ENDPOINT (both with
 * `/v1/traces` behind). What cannot be read is no reason not to serve: it is told, and there are no traces.
 */
export function traceSettings(sources: TraceSources): TraceSettings | undefined {
  try {
    return read(sources);
  } catch (thrown) {
    if (!(thrown instanceof Unreadable)) throw thrown;
    sources.onTrouble(`${thrown.message} There are no traces until then.`);
    return undefined;
  }
}

function read({ said, variables, version }: TraceSources): TraceSettings | undefined {
  if (variables.get("OTEL_SDK_DISABLED")?.trim().toLowerCase() === "true") return undefined;
  if (/\bnone\b/.test(variables.get("OTEL_TRACES_EXPORTER") ?? "")) return undefined;
  const url = endpoint(said.otlpEndpoint, variables);
  if (url === undefined) return undefined;
  const headers = [
    ...pairs(variables, "OTEL_EXPORTER_OTLP_HEADERS"),
    ...pairs(variables, "OTEL_EXPORTER_OTLP_TRACES_HEADERS"),
  ].map(([name, value]) => ({ name, value: new Secret(value) }));
  const resource = Object.fromEntries(pairs(variables, "OTEL_RESOURCE_ATTRIBUTES"));
  const service = variables.get("OTEL_SERVICE_NAME") ?? resource["service.name"] ?? "polygate";
  return {
    url,
    headers,
    resource: { ...resource, "service.name": service, "service.version": resource["service.version"] ?? version },
    sampler: samplerOf(variables),
    delayMs: wholeNumber(variables.get("OTEL_BSP_SCHEDULE_DELAY"), 2000),
    content: said.content,
    propagate: said.propagate,
  };
}

function wholeNumber(text: string | undefined, otherwise: number): number {
  return text !== undefined && /^\d{1,6}$/.test(text.trim()) ? Number(text) : otherwise;
}

function endpoint(said: string | undefined, variables: Variables): string | undefined {
  const traces = variables.get("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT");
  if (said === undefined && traces !== undefined) return checked(traces, "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT");
  for (const [given, from] of [
    [said, "observe.otlp_endpoint"],
    [variables.get("OTEL_EXPORTER_OTLP_ENDPOINT"), "OTEL_EXPORTER_OTLP_ENDPOINT"],
    [variables.get("DELOS_OBSERVE_ENDPOINT"), "DELOS_OBSERVE_ENDPOINT"],
  ] as const) {
    if (given === undefined) continue;
    const url = checked(given, from);
    return url.endsWith("/v1/traces") ? url : `${url.replace(/\/+$/, "")}/v1/traces`;
  }
  return undefined;
}

function checked(given: string, from: string): string {
  const url = URL.parse(given.trim());
  if (url === null || !/^https?:$/.test(url.protocol)) {
    throw new Unreadable(`${from} is no URL as http://host:4318, so there is nowhere to send traces; correct it or remove it.`);
  }
  return given.trim();
}

/** `name=value,name=value`, values percent-encoded. */
function pairs(variables: Variables, variable: string): readonly (readonly [string, string])[] {
  const text = variables.get(variable);
  if (text === undefined) return [];
  return text.split(",").flatMap((pair) => {
    const mark = pair.indexOf("=");
    const name = pair.slice(0, mark).trim();
    if (mark < 1 || !/^[\w!#$%&'*+.^`|~-]+$/.test(name)) {
      if (pair.trim() === "") return [];
      throw new Unreadable(`${variable} is no list as name=value,name=value; correct it or remove it.`);
    }
    return [[name, decoded(pair.slice(mark + 1).trim())] as const];
  });
}

function decoded(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}

function samplerOf(variables: Variables): TraceSampler {
  const name = variables.get("OTEL_TRACES_SAMPLER")?.trim() ?? "parentbased_always_on";
  const parentBased = name.startsWith("parentbased_");
  switch (name.replace("parentbased_", "")) {
    case "always_off":
      return { ratio: 0, parentBased };
    case "traceidratio": {
      const ratio = Number(variables.get("OTEL_TRACES_SAMPLER_ARG") ?? "1");
      return { ratio: ratio >= 0 && ratio <= 1 ? ratio : 1, parentBased };
    }
    default:
      return { ratio: 1, parentBased };
  }
}
