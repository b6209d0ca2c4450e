import { copyFileSync, existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { freePort, type Processes } from "../processes.ts";
import { referenceFolder, type Upstreams } from "../upstreams/start.ts";
import { type Gateway, shotFor } from "./gateway.ts";

export interface FloorPlan {
  readonly processes: Processes;
  readonly upstreams: Upstreams;
  /** A folder inside the checkout, so that the reference finds the same undici as Polygate. */
  readonly folder: string;
}

/** It passes on whatever it is given, so a translated case costs it what a relayed one does, and the reply is always OpenAI's. */
export async function startFloor({ processes, upstreams, folder }: FloorPlan): Promise<Gateway> {
  const reference = join(referenceFolder, "floor.mjs");
  const copy = join(folder, "floor.mjs");
  const known = existsSync(reference);
  if (known) {
    mkdirSync(folder, { recursive: true });
    copyFileSync(reference, copy);
  }
  const port = await freePort();
  const { pid } = await processes.start({
    name: "floor",
    command: process.execPath,
    args: [known ? copy : fileURLToPath(new URL("../floor.ts", import.meta.url))],
    env: {
      PORT: String(port),
      UP_JSON: `http://127.0.0.1:${upstreams.json.port}`,
      UP_STREAM: `http://127.0.0.1:${upstreams.stream.port}`,
    },
    port,
  });
  return {
    name: "floor",
    origin: `http://127.0.0.1:${port}`,
    pid,
    shot: (subject) =>
      shotFor(subject, { model: "gpt-4o-mini", headers: {}, expect: subject.stream ? "chat-stream" : "chat-json" }),
  };
}
