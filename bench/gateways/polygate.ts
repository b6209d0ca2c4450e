import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { stringify } from "yaml";
import { isPair } from "../cases.ts";
import { freePort, type Processes, type Running } from "../processes.ts";
import type { Upstreams } from "../upstreams/start.ts";
import { benchWires, type WireName, wireNames } from "../wires/wire.ts";
import { type Gateway, shotFor } from "./gateway.ts";

export interface PolygatePlan {
  readonly processes: Processes;
  readonly upstreams: Upstreams;
  /** For its configuration and data; made if missing. */
  readonly folder: string;
  readonly profile: string | undefined;
  /** Default: polygate, with the guards that are on by default. */
  readonly variant?: GuardedVariant | undefined;
}

/** Polygate with no guards, and with all of them. */
export const variants = ["unguarded", "guarded"] as const;
export type GuardedVariant = (typeof variants)[number];

const guards: { readonly [variant in GuardedVariant]: object } = {
  unguarded: { input: { control_characters: "off" } },
  guarded: {
    input: { control_characters: "redact", secrets: "redact", pii: "redact", max_characters: 10_000_000 },
    output: { secrets: "redact", pii: "redact", max_characters: 10_000_000 },
    forbidden: ["Project Nightingale"],
  },
};

export interface Polygate extends Gateway {
  readonly process: Running;
  /** Where its ledger lies. */
  readonly dataDir: string;
}

const secret = "pg-bench-0123456789abcdef0123456789abcdef";
const launcher = fileURLToPath(new URL("../../bin/polygate.js", import.meta.url));

/** As an operator starts it: from a configuration file, with a key and the ledger. Throws where it does not start. */
export async function startPolygate({ processes, upstreams, folder, profile, variant }: PolygatePlan): Promise<Polygate> {
  const port = await freePort();
  const dataDir = join(folder, "data");
  const config = join(folder, "polygate.yaml");
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  writeFileSync(config, stringify({ ...configuration(port, dataDir, upstreams), ...(variant && { guards: guards[variant] }) }));
  const profiling = profile === undefined ? [] : ["--cpu-prof", "--cpu-prof-dir", profile];
  const running = await processes.start({
    name: variant ?? "polygate",
    command: process.execPath,
    args: [...profiling, launcher, "start", "--config", config],
    port,
  });
  return {
    name: variant ?? "polygate",
    origin: `http://127.0.0.1:${port}`,
    pid: running.pid,
    process: running,
    dataDir,
    shot: (subject) =>
      shotFor(subject, {
        model: isPair(subject) ? `up-${subject.to}/gpt-4o-mini` : `${subject.stream ? "up-stream" : "up"}/gpt-4o-mini`,
        headers: { authorization: `Bearer ${secret}` },
      }),
  };
}

function configuration(port: number, dataDir: string, upstreams: Upstreams): object {
  const upstream = (running: Running): object => ({
    wire: "openai-chat",
    base_url: `http://127.0.0.1:${running.port}/v1`,
    api_key: "none",
  });
  const speaking = (wire: WireName): object => ({
    wire,
    base_url: benchWires[wire].base(`http://127.0.0.1:${upstreams.wires.port}`),
    api_key: "none",
  });
  return {
    server: { host: "127.0.0.1", port },
    keys: [{ id: "bench", secret, labels: { team: "bench" } }],
    data_dir: dataDir,
    // A neighbour on the machine that holds this process up is no overload.
    limits: { lag: "off" },
    providers: {
      up: upstream(upstreams.json),
      "up-stream": upstream(upstreams.stream),
      ...Object.fromEntries(wireNames.map((wire) => [`up-${wire}`, speaking(wire)])),
    },
  };
}
