import type { Config, ProviderOptions } from "../../config/config.ts";
import type { ProviderView } from "../../process/contract.ts";
import type { Engine, Ports, Prepared, Probe } from "../ports.ts";
import { oneLine } from "../terminal/text.ts";
import { answerFound, isPage } from "./answers.ts";
import type { Finding } from "./finding.ts";
import { networkFault } from "./network-faults.ts";

const proxyVariables = ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy", "HTTP_PROXY", "http_proxy"];

export interface ProviderChecks {
  readonly config: Config;
  readonly engine: Engine;
  readonly ports: Pick<Ports, "wall" | "env">;
  readonly timeoutMs: number;
  /** Told as soon as a provider has been looked at. */
  readonly onDone: (provider: string) => void;
}

/** A provider that can be asked, or why it cannot. */
export type Patient =
  | { readonly name: string; readonly prepared: Prepared; readonly view: ProviderView }
  | { readonly name: string; readonly failure: Finding };

/** The providers to be looked at: each by itself, so that one that cannot be used hides no other. */
export function patients(config: Config, { prepare }: Engine): readonly Patient[] {
  const named = config.providers.map((option) => patient(config, [option], option.name, prepare));
  const names = new Set(named.map(({ name }) => name));
  const others = attempt(() => prepare({ ...config, providers: [] }, () => {}));
  if (others instanceof Error) return [...named, { name: "environment", failure: unusable("environment", others) }];
  const found = others.providers.filter(({ name }) => !names.has(name));
  return [...named, ...found.map((view) => ({ name: view.name, prepared: others, view }))];
}

function patient(config: Config, providers: readonly ProviderOptions[], name: string, prepare: Engine["prepare"]): Patient {
  const prepared = attempt(() => prepare({ ...config, providers }, () => {}));
  if (prepared instanceof Error) return { name, failure: unusable(name, prepared) };
  const view = prepared.providers.find((one) => one.name === name);
  return view === undefined ? { name, failure: unusable(name, new Error("it is not there")) } : { name, prepared, view };
}

function attempt<T>(make: () => T): T | Error {
  try {
    return make();
  } catch (thrown) {
    return thrown instanceof Error ? thrown : new Error(String(thrown));
  }
}

function unusable(name: string, { message }: Error): Finding {
  const [what = message, todo] = message.replace(/\.$/, "").split(/: (?=set )|; (?=set )/);
  return { check: `provider ${name}`, state: "problem", what, todo };
}

/** Asks every provider for its models, all at once. Costs nothing. */
export function checkProviders(all: readonly Patient[], checks: ProviderChecks): Promise<readonly Finding[]> {
  return Promise.all(
    all.map(async (one) => {
      const finding = "failure" in one ? one.failure : await examine(one, checks);
      checks.onDone(one.name);
      return finding;
    }),
  );
}

async function examine(
  { name, prepared, view }: Extract<Patient, { view: ProviderView }>,
  checks: ProviderChecks,
): Promise<Finding> {
  const { ports, timeoutMs } = checks;
  const check = `provider ${name}`;
  const probe = await prepared.probe(name, timeoutMs);
  if (probe.kind === "failure") {
    const url = new URL(view.baseUrl);
    const proxy = proxyVariables.find((variable) => (ports.env[variable] ?? "") !== "");
    return { check, state: "problem", ...networkFault(probe, { name, url, proxy, nowMs: ports.wall() }) };
  }
  const verdict = answerFound(probe, view, ports.wall());
  const better = wrongPath(probe) ? await betterBase(view, checks) : undefined;
  if (better === undefined) return { check, ...verdict };
  return {
    check,
    state: "problem",
    what: `base_url ${oneLine(view.baseUrl, 200)} leads to nothing, but ${better} lists models`,
    todo: `set base_url of ${name} to ${better}`,
  };
}

const wrongPath = (answer: Extract<Probe, { kind: "answer" }>): boolean =>
  answer.status === 404 ||
  answer.status === 405 ||
  (answer.models === undefined && answer.status < 400) ||
  (isPage(answer) && answer.status < 500);

/** Of the paths that are usually meant, the first under the same host that lists models. */
async function betterBase(
  { name, baseUrl }: ProviderView,
  { config, engine, timeoutMs }: ProviderChecks,
): Promise<string | undefined> {
  const { origin, pathname } = new URL(baseUrl);
  const path = pathname.replace(/\/+$/, "");
  const paths = [path.endsWith("/v1") ? path.slice(0, -3) : `${path}/v1`, "/v1", "", "/openai/v1", "/api/v1", "/v1beta/openai"];
  const option = config.providers.find((one) => one.name === name) ?? { name };
  for (const other of new Set(paths.filter((one) => one !== path))) {
    const changed = `${origin}${other}`;
    const prepared = attempt(() => engine.prepare({ ...config, providers: [{ ...option, baseUrl: changed }] }, () => {}));
    if (prepared instanceof Error) continue;
    const probe = await prepared.probe(name, timeoutMs);
    if (probe.kind === "answer" && probe.status === 200 && probe.models !== undefined) return changed;
  }
  return undefined;
}
