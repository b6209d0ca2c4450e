import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import OpenAI from "openai";
import { loadConfig } from "../../../src/config/load.ts";
import { knownNames, resolveProviders } from "../../../src/providers/index.ts";
import { type RunningGateway, serve } from "../../../src/server.ts";
import { type Simulator, startSimulator } from "../../../src/simulator/index.ts";
import { systemClock } from "../../../src/transport/clock.ts";

/** Providers that keep no answers, one of each wire. */
export const forgetful = ["ant", "gem", "chat"] as const;

export interface Remembering {
  readonly simulator: Simulator;
  readonly address: string;
  readonly key: string;
  readonly dev: OpenAI;
  /** Bears another key. */
  readonly ops: OpenAI;
  /** Lets time pass for the gateway. */
  wait(ms: number): void;
  /** The gateway anew: what it had in memory is gone. */
  restart(): Promise<void>;
  close(): Promise<void>;
}

/** A gateway with two keys before a simulator, which it knows as `ant`, `gem` and `chat`, and as `res`, which keeps answers. */
export async function startRemembering(): Promise<Remembering> {
  const simulator = await startSimulator();
  const dataDir = mkdtempSync(join(tmpdir(), "polygate-remembered-"));
  const [key, other] = ["pg-dev-key-0123456789", "pg-ops-key-0123456789"];
  const yaml = `
server: { host: 127.0.0.1, port: 0 }
data_dir: ${dataDir}
keys: [{ id: dev, secret: ${key} }, { id: ops, secret: ${other} }]
conversations: { ttl: 1h }
providers:
  ant: { wire: anthropic-messages, base_url: "${simulator.url}", api_key: upstream-key }
  gem: { wire: gemini, base_url: "${simulator.url}", api_key: upstream-key }
  chat: { wire: openai-chat, base_url: "${simulator.url}/v1", api_key: upstream-key }
  res: { wire: openai-responses, base_url: "${simulator.url}/v1", api_key: upstream-key }
`;
  const file = join(dataDir, "polygate.yaml");
  const readFile = (path: string) => (path === file ? yaml : undefined);
  let passed = 0;
  const clock = { ...systemClock, now: () => systemClock.now() + passed };
  const start = (): Promise<RunningGateway> => {
    const config = loadConfig({ argvPath: file, env: {}, cwd: dataDir, readFile, known: knownNames });
    const onTrouble = (message: string): never => {
      throw new Error(message);
    };
    return serve({ config, providers: resolveProviders(config.providers, config.environment), onTrouble, clock });
  };
  let running = await start();
  const client = (apiKey: string): OpenAI => new OpenAI({ baseURL: `${running.address}/v1`, apiKey, maxRetries: 0 });
  return {
    simulator,
    key,
    get address() {
      return running.address;
    },
    get dev() {
      return client(key);
    },
    get ops() {
      return client(other);
    },
    wait: (ms) => {
      passed += ms;
    },
    restart: async () => {
      await running.close(500);
      running = await start();
    },
    close: async () => {
      await running.close(500);
      await simulator.close();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}
