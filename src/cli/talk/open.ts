import { isObject } from "../../canonical/json.ts";
import type { ModelListing } from "../../canonical/models.ts";
import type { ServerOptions } from "../../config/config.ts";
import { loadFor } from "../commands/command.ts";
import { Misuse } from "../failure.ts";
import { findLocalServers, modelToTry } from "../first-minute.ts";
import { nearAddress } from "../near.ts";
import type { Ports } from "../ports.ts";
import { oneLine } from "../terminal/text.ts";
import { type Backend, NoAnswer } from "./backend.ts";
import { rememberModels } from "./model-cache.ts";

/** Which gateway is to answer. */
export interface BackendFlags {
  readonly config?: string | undefined;
  readonly url?: string | undefined;
  readonly key?: string | undefined;
}

/** A gateway to talk to: the one at --url or POLYGATE_URL, else one in this process. Rejects with NoAnswer, ConfigError and their like. */
export async function openBackend(flags: BackendFlags, ports: Ports): Promise<Backend> {
  const url = flags.url ?? present(ports.env["POLYGATE_URL"]);
  if (url !== undefined) {
    if (!/^https?:$/.test(URL.parse(url)?.protocol ?? ""))
      throw new Misuse(`${JSON.stringify(url)} is no address of a gateway; write it as http://127.0.0.1:4000.`);
    const { Remote } = await import("./remote.ts");
    return new Remote({ url, key: flags.key ?? present(ports.env["POLYGATE_KEY"]), ports });
  }
  const said = await loadFor(ports, flags.config);
  const { prepare, keyVariables } = await ports.engine();
  // As `serve` does: a configuration file says all there is; without one we look around.
  const local = said.file === undefined ? await findLocalServers((address, ms) => ports.getJson(address, ms)) : [];
  // Nobody could ask this process for its metrics.
  const observe = { ...said.observe, metrics: "off" } as const;
  const config = { ...said, observe, providers: [...said.providers, ...local] };
  const prepared = prepare(config, (message) => ports.err(`polygate: ${oneLine(message, 2000)}`));
  if (prepared.providers.length === 0) {
    const running = await runningAt(said.server, ports);
    throw new NoAnswer(
      running === undefined
        ? `No provider is known that could answer: set one of ${keyVariables.join(", ")}, start Ollama or LM Studio, name a configuration with --config, or a running gateway with --url. \`polygate doctor\` looks closer.`
        : `No provider is known here that could answer, but a gateway is running: add --url ${running}, or set POLYGATE_URL to that.`,
    );
  }
  const { InProcess } = await import("./in-process.ts");
  return new InProcess(await prepared.open(), config);
}

/** The model to ask: the one named, else POLYGATE_MODEL's, else a small one of those that there are. */
export async function chooseModel(named: string | undefined, backend: Backend, ports: Ports): Promise<string> {
  const given = named ?? present(ports.env["POLYGATE_MODEL"]);
  if (given !== undefined) return given;
  const listing = await listModels(backend, ports);
  const chosen = modelToTry(listing.models, new Set(["ollama", "lmstudio"]));
  if (chosen !== undefined) return chosen.id;
  const reasons = listing.silent.map(({ reason }) => oneLine(reason, 300)).join(" ");
  throw new NoAnswer(`No model was named and none is listed; name one with --model provider/model. ${reasons}`.trim());
}

/** The models there are; their names are kept for the shell's completion. */
export async function listModels(backend: Backend, ports: Pick<Ports, "env" | "files">): Promise<ModelListing> {
  const listing = await backend.listModels();
  rememberModels(listing.models, ports);
  return listing;
}

/** The address of a gateway that runs where the configuration would have one; undefined where none does. */
async function runningAt(server: ServerOptions, ports: Ports): Promise<string | undefined> {
  const address = nearAddress(server);
  const health = await ports.getJson(`${address}/healthz`, 500);
  return isObject(health) && health["status"] === "ok" ? address : undefined;
}

const present = (value: string | undefined): string | undefined => (value === "" ? undefined : value);
