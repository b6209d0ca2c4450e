import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { freePort, type Processes, type Running } from "../processes.ts";

export interface Upstreams {
  readonly json: Running;
  readonly stream: Running;
  /** Speaks all four wires, whole and streamed. */
  readonly wires: Running;
  /** What stands behind the gateways, for the report. */
  readonly description: string;
}

/** The reference files, where they are at hand. */
export const referenceFolder =
  process.env["POLYGATE_BENCH_FLOOR"] ?? fileURLToPath(new URL("../../../shared/bench", import.meta.url));

export interface UpstreamPlan {
  readonly processes: Processes;
  readonly folder: string;
  /** 0 = any free one. */
  readonly ports: readonly [json: number, stream: number];
}

export async function startUpstreams({ processes, folder, ports }: UpstreamPlan): Promise<Upstreams> {
  const jsonPort = ports[0] || (await freePort());
  const streamPort = ports[1] || (await freePort());
  const config = join(referenceFolder, "upstream-json.conf");
  const nginx = existsSync(config) && spawnSync("nginx", ["-v"]).status === 0;
  if (nginx) writeFileSync(join(folder, "nginx.conf"), nginxConfig(config, folder, jsonPort));
  const json = await processes.start({
    name: "upstream-json",
    command: nginx ? "nginx" : process.execPath,
    args: nginx ? ["-p", folder, "-e", join(folder, "up.err"), "-c", join(folder, "nginx.conf")] : [ownFile("json")],
    env: { PORT: String(jsonPort) },
    port: jsonPort,
  });
  const reference = join(referenceFolder, "upstream-stream.mjs");
  const known = existsSync(reference);
  const stream = await processes.start({
    name: "upstream-stream",
    command: process.execPath,
    args: [known ? reference : ownFile("stream")],
    env: { PORT: String(streamPort) },
    port: streamPort,
  });
  const wiresPort = await freePort();
  const wires = await processes.start({
    name: "upstream-wires",
    command: process.execPath,
    args: [ownFile("wires")],
    env: { PORT: String(wiresPort) },
    port: wiresPort,
  });
  return {
    json,
    stream,
    wires,
    description: `JSON from ${nginx ? "nginx" : "Node"}, streams from ${known ? "the reference" : "our own"} server`,
  };
}

function ownFile(name: string): string {
  return fileURLToPath(new URL(`./${name}.ts`, import.meta.url));
}

function nginxConfig(template: string, folder: string, port: number): string {
  // Debian's default temporary folders belong to root.
  const own = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
    .map((kind) => `${kind}_temp_path ${folder}/nginx-${kind};`)
    .join(" ");
  return readFileSync(template, "utf8")
    .replace("http {", `http { ${own}`)
    .replaceAll("@DIR@", folder)
    .replaceAll("@PORT@", String(port));
}
