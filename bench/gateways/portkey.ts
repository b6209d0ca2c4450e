import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { freePort, type Processes } from "../processes.ts";
import type { Upstreams } from "../upstreams/start.ts";
import { type Gateway, shotFor } from "./gateway.ts";

export interface PortkeyPlan {
  readonly processes: Processes;
  readonly upstreams: Upstreams;
  /** Where it is installed, apart from the project's own packages. */
  readonly folder: string;
}

/** Later `hono` and `@hono/node-server` break its streams, so they hold for the packages below it too. */
const versions = { "@portkey-ai/gateway": "1.15.2", "@hono/node-server": "1.13.5", hono: "4.9.7" };
const manifest = JSON.stringify({ private: true, dependencies: versions, overrides: versions });

/** Undefined where it could not be installed. */
export async function startPortkey({ processes, upstreams, folder }: PortkeyPlan): Promise<Gateway | undefined> {
  const server = join(folder, "node_modules/@portkey-ai/gateway/build/start-server.js");
  if (!existsSync(server)) {
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, "package.json"), manifest);
    const install = ["install", "--ignore-scripts", "--no-package-lock", "--prefix", folder];
    spawnSync("npm", install, { stdio: "ignore", timeout: 300_000 });
  }
  if (!existsSync(server)) return undefined;
  const port = await freePort();
  const { pid } = await processes.start({
    name: "portkey",
    command: process.execPath,
    args: [server, `--port=${port}`, "--headless"],
    cwd: folder,
    port,
  });
  return {
    name: "portkey",
    origin: `http://127.0.0.1:${port}`,
    pid,
    shot: (subject) =>
      subject.from === "anthropic-messages"
        ? { skip: "it does not translate Anthropic Messages for an OpenAI provider" }
        : shotFor(subject, {
            model: "gpt-4o-mini",
            headers: {
              authorization: "Bearer bench",
              "x-portkey-provider": "openai",
              "x-portkey-custom-host": `http://127.0.0.1:${(subject.stream ? upstreams.stream : upstreams.json).port}/v1`,
            },
          }),
  };
}
