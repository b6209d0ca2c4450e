import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Anthropic from "@anthropic-ai/sdk";
import OpenAI from "openai";
import { loadConfig } from "../../src/config/load.ts";
import { openLedgerReader } from "../../src/ledger/reader.ts";
import { knownNames, resolveProviders } from "../../src/providers/index.ts";
import { type RunningGateway, type ServeOptions, serve } from "../../src/server.ts";
import { type Simulator, type SimulatorOptions, startSimulator } from "../../src/simulator/index.ts";
import { offline } from "../../src/transport/testing/network.ts";

/** A gateway in front of a simulator that it knows as `oai` (OpenAI's wire) and `ant` (Anthropic's), all on loopback. */
export interface Stack {
  readonly simulator: Simulator;
  readonly running: RunningGateway;
  readonly address: string;
  readonly key: string;
  readonly dataDir: string;
  readonly troubles: readonly string[];
  readonly openai: OpenAI;
  readonly anthropic: Anthropic;
  /** The ledger's rows, once everything that has ended is durable. */
  ledger(): Promise<readonly LedgerRow[]>;
  close(): Promise<void>;
}

export type LedgerRow = Awaited<ReturnType<typeof readRows>>[number];

export interface StackOptions {
  readonly simulator?: SimulatorOptions | undefined;
  readonly pace?: ServeOptions["pace"];
  /** Further lines of polygate.yaml. */
  readonly yaml?: string | undefined;
  readonly keys?: boolean | undefined;
  /** What follows in the `server` line: `hosts: ["a.example"]`. */
  readonly hosts?: string | undefined;
  /** Stands in for the simulator: base URL without /v1. */
  readonly upstream?: string | undefined;
  /** The key's secret. */
  readonly key?: string | undefined;
  /** What the providers are given as credentials; none without. */
  readonly credentials?: { readonly oai: string; readonly ant: string } | undefined;
  /** Of the gateway; default: none. */
  readonly env?: { readonly [name: string]: string } | undefined;
  /** What it says of itself, and what stands before that. */
  readonly observed?: Pick<ServeOptions, "log" | "redactor"> | undefined;
  readonly random?: ServeOptions["random"];
  /** Default: the machine's. */
  readonly clock?: ServeOptions["clock"];
}

export async function startStack(options: StackOptions = {}): Promise<Stack> {
  const simulator = await startSimulator({ ...options.simulator });
  const upstream = options.upstream ?? simulator.url;
  const dataDir = mkdtempSync(join(tmpdir(), "polygate-e2e-"));
  const key = options.key ?? "pg-test-key-0123456789";
  const yaml = `
server: { host: 127.0.0.1, port: 0${options.hosts === undefined ? "" : `, ${options.hosts}`} }
data_dir: ${dataDir}
media: { fetch: never }
${options.yaml?.includes("limits:") ? "" : 'limits: { lag: "off" }'}
${options.keys === false ? "" : `keys: [{ id: dev, secret: ${key}, labels: { team: web } }]`}
providers:
  oai: { wire: openai-chat, base_url: ${upstream}/v1, api_key: ${options.credentials?.oai ?? "none"}, quirks: { developer_role: true, max_tokens_field: max_completion_tokens } }
  ant: { wire: anthropic-messages, base_url: ${upstream}, api_key: ${options.credentials?.ant ?? "none"} }
${options.yaml ?? ""}
`;
  const file = join(dataDir, "polygate.yaml");
  const config = loadConfig({
    argvPath: file,
    env: options.env ?? {},
    cwd: dataDir,
    readFile: (path) => (path === file ? yaml : undefined),
    known: knownNames,
  });
  const troubles: string[] = [];
  const running = await serve({
    config,
    providers: resolveProviders(config.providers, config.environment),
    onTrouble: (message) => troubles.push(message),
    pace: options.pace,
    random: options.random,
    ...options.observed,
    clock: options.clock,
    outside: offline,
  });
  const { address } = running;
  return {
    simulator,
    running,
    address,
    key,
    dataDir,
    troubles,
    openai: new OpenAI({ baseURL: `${address}/v1`, apiKey: key, maxRetries: 0 }),
    anthropic: new Anthropic({ baseURL: address, apiKey: key, maxRetries: 0 }),
    ledger: async () => {
      await running.gateway.flush();
      return readRows(dataDir);
    },
    close: async () => {
      await running.close(500);
      await simulator.close();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

async function readRows(dataDir: string) {
  const db = openLedgerReader(dataDir);
  if (db === undefined) return [];
  try {
    return await db.selectFrom("entries").selectAll().orderBy("started_at").execute();
  } finally {
    await db.destroy();
  }
}
