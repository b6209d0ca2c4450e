import type { ModelListing } from "../canonical/models.ts";
import type { Config } from "../config/config.ts";
import { isLoopback } from "../config/loopback.ts";
import { ConfigError } from "../config/problems.ts";
import { warningsOf } from "../config/warnings.ts";
import type { ConfigSource, ProviderView, Running } from "../process/contract.ts";
import { exitCodes } from "../process/exit-codes.ts";
import { explainFailure } from "./failure.ts";
import { curlLine, findLocalServers, modelToTry } from "./first-minute.ts";
import { nearUrl, unreached } from "./near.ts";
import type { Ports, Prepared } from "./ports.ts";
import { readConfig } from "./read-config.ts";
import { rememberModels } from "./talk/model-cache.ts";
import { table } from "./terminal/table.ts";

export interface StartOptions {
  readonly config?: string | undefined;
  readonly host?: string | undefined;
  readonly port?: number | undefined;
  readonly workers?: number | "auto" | undefined;
  /** Where the configuration is bad, start with the last good copy of it. */
  readonly lastKnownGood?: boolean | undefined;
  /** False: only what the configuration and the environment name. */
  readonly discover: boolean;
}

/** How long the first minute waits for providers to list their models. */
const listPatienceMs = 3000;
/** A Ctrl-C in a terminal reaches the process once by the terminal and once more through npm; that is one wish, not two. */
const sameWishMs = 500;

/** `polygate serve`: serves until it is told to stop. Resolves to the exit code. */
export async function startCommand(options: StartOptions, ports: Ports): Promise<number> {
  const { config: argvPath, host, port, workers, lastKnownGood = false } = options;
  const { known, keyVariables, prepare } = await ports.engine();
  const begun = readConfig({ argvPath, overrides: { host, port, workers }, known, lastKnownGood }, ports);
  const { config: said, instead } = begun;
  if (instead !== undefined) {
    ports.err("polygate: THE CONFIGURATION IS BAD, and the last good copy of it is used instead (--last-known-good):");
    for (const problem of instead) ports.err(`  ${problem}`);
  }
  // A configuration file says all there is; without one we look around.
  const local = options.discover && said.file === undefined ? await findLocalServers((url, ms) => ports.getJson(url, ms)) : [];
  // A stack may quote what a caller or a provider sent, which must not steer the terminal.
  const trouble = (message: string): void => ports.err(`polygate: ${message.replaceAll(/[^\P{C}\n\t]/gu, "?")}`);
  let config: Config = { ...said, providers: [...said.providers, ...local] };
  let prepared: Prepared = prepare(config, trouble);
  const simulator =
    prepared.providers.length === 0
      ? await (await import("../simulator/index.ts")).startSimulator({ pace: { ms: 20 } })
      : undefined;
  try {
    if (simulator !== undefined) {
      config = { ...said, providers: [{ name: "sim", wire: "openai-chat", baseUrl: `${simulator.url}/v1`, apiKey: "none" }] };
      prepared = prepare(config, trouble);
    }
    refuseCircles(config, prepared.providers);
    const { inForce, read, parse } = begun;
    const running = await start(prepared, config, ports, {
      inForce,
      instead,
      read,
      parse: (text) => {
        const next = parse(text);
        return { ...next, providers: [...next.providers, ...local] };
      },
      check: refuseCircles,
      recipe: { overrides: { host, port, workers }, found: local, fallback: simulator === undefined ? [] : config.providers },
    });
    if (running === undefined) return exitCodes.failed;
    const stopped = untilStopped(running, ports);
    const localNames = new Set([...local.map(({ name }) => name), ...(simulator === undefined ? [] : ["sim"])]);
    for (const line of report(config, prepared.providers, running, localNames, keyVariables)) ports.out(line);
    const shut = unreached(config.server);
    if (shut !== undefined) note(running, ports, "unreached", `${shut.what}; ${shut.todo}`);
    const names = { providers: prepared.providers.map(({ name }) => name), builtIn: known.providers };
    for (const warning of warningsOf(config, { overrides: { host, port, workers }, cwd: ports.cwd, ...names }))
      note(running, ports, "config_warning", warning);
    await firstCall(running, config, prepared.providers, localNames, ports, stopped);
    return await stopped;
  } finally {
    await simulator?.close();
  }
}

async function start(prepared: Prepared, { server }: Config, ports: Ports, source: ConfigSource): Promise<Running | undefined> {
  try {
    return await prepared.serve(source);
  } catch (thrown) {
    const sentences = explainFailure(thrown, server);
    if (sentences === undefined || thrown instanceof ConfigError) throw thrown;
    for (const sentence of sentences) ports.err(sentence);
    return undefined;
  }
}

/** A provider whose address is our own would have every call call itself. OPENAI_BASE_URL is easily set so for one's own SDK. */
function refuseCircles({ server, environment }: Config, providers: readonly ProviderView[]): void {
  for (const { name, baseUrl } of providers) {
    const { hostname, port, protocol } = new URL(baseUrl);
    const taken = port === "" ? (protocol === "https:" ? 443 : 80) : Number(port);
    const same =
      hostname === server.host || (isLoopback(hostname) && (isLoopback(server.host) || /^(?:0\.0\.0\.0|::)$/.test(server.host)));
    if (taken !== server.port || !same) continue;
    const variable = `${name.toUpperCase()}_BASE_URL`;
    const where = environment.get(variable) === undefined ? `base_url of ${name}` : variable;
    throw new ConfigError([
      {
        message: `${where} is the address of this gateway itself, so calls would go round in circles; unset it or choose another --port`,
      },
    ]);
  }
}

function report(
  config: Config,
  providers: readonly ProviderView[],
  { address, adminKey }: Pick<Running, "address" | "adminKey">,
  local: ReadonlySet<string>,
  keyVariables: readonly string[],
): readonly string[] {
  const { keys, server } = config;
  const open = isLoopback(server.host)
    ? "open to every program on this machine, since no keys are configured; nobody else can reach it"
    : "open";
  const found = providers.map(({ name, baseUrl, credentialFrom }) => [
    name,
    baseUrl,
    local.has(name) && name !== "sim" ? "none needed (found running)" : credentialFrom,
  ]);
  return [
    ...table([["PROVIDER", "BASE URL", "CREDENTIAL"], ...found]),
    "",
    ...(local.has("sim")
      ? [
          "No credential and no local model server was found, so a simulator answers as the provider `sim`.",
          `For real models set ${either(keyVariables)}, or start Ollama or LM Studio, and start again.`,
          "",
        ]
      : []),
    ...table([
      ["address", address],
      [
        "access",
        keys.length === 0
          ? open
          : `${keys.length === 1 ? "one key" : `${keys.length} keys`}: ${keys.map(({ id }) => id).join(", ")}`,
      ],
      ["config", config.file ?? "none (polygate.yaml is not in this directory)"],
      ["data", config.dataDir],
      ...(adminKey === undefined ? [] : [["admin key", adminKey]]),
    ]),
  ];
}

async function firstCall(
  running: Running,
  { keys }: Config,
  providers: readonly ProviderView[],
  local: ReadonlySet<string>,
  ports: Ports,
  stopped: Promise<number>,
): Promise<void> {
  const enough = new AbortController();
  const none: ModelListing = { models: [], silent: [] };
  const { models, silent } = await Promise.race([
    running.listModels().catch(() => none),
    ports.sleep(listPatienceMs, enough.signal).then(() => none),
    stopped.then(() => none),
  ]);
  enough.abort();
  // For the shell of who sits there.
  if (ports.terminal.out) rememberModels(models, ports);
  const model = modelToTry(models, local);
  for (const { reason } of silent) note(running, ports, "provider_silent", reason);
  ports.out("");
  const asked = model?.id ?? `${providers[0]?.name ?? "provider"}/MODEL`;
  const named = model === undefined ? " (with the name of a model in place of MODEL)" : "";
  ports.out(`Try it${named}:\n  ${curlLine(nearUrl(running.address), asked, keys[0]?.id)}`);
}

/** Resolves to the exit code once the gateway was told to stop and has, or was told so twice. */
function untilStopped(running: Running, ports: Ports): Promise<number> {
  return new Promise((resolve, reject) => {
    let askedAt: number | undefined;
    const forget = ports.onStop(() => {
      if (askedAt === undefined) {
        askedAt = ports.now();
        const { drainMs, drainWindowMs } = running.timeouts();
        const window = drainWindowMs === 0 ? "" : `; new ones are taken for ${seconds(drainWindowMs)} more`;
        const notice = `stopping; calls under way have ${seconds(drainMs)} to finish${window} (Ctrl-C again: at once)`;
        note(running, ports, "stopping", notice);
        running.close(drainMs, drainWindowMs).then((cut) => {
          if (cut > 0) note(running, ports, "calls_cut", `${cut} calls were not over by then, and were cut.`);
          done(cut > 0 ? exitCodes.cut : exitCodes.stopped);
        }, reject);
      } else if (ports.now() - askedAt >= sameWishMs) {
        done(exitCodes.hurried);
      }
    });
    const done = (code: number): void => {
      forget();
      resolve(code);
    };
  });
}

/** One event is one line of JSON where the log is one. */
function note(running: Running, ports: Ports, event: string, message: string): void {
  if (running.note === undefined) ports.err(`polygate: ${message}`);
  else running.note(event, message);
}

const seconds = (ms: number): string => `${Math.round(ms / 1000)} s`;

/** "A, B or C" */
const either = (names: readonly string[]): string => [names.slice(0, -1).join(", "), names.at(-1)].filter(Boolean).join(" or ");
