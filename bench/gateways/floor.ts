import { copyFileSync, existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { chatBody } from "../bodies.ts";
import type { Case } from "../cases.ts";
import type { Shot } from "../load/protocol.ts";
import { freePort, type Processes } from "../processes.ts";
import { referenceFolder } from "../upstreams/start.ts";
import { benchWires } from "../wires/wire.ts";
import type { Gateway } from "./gateway.ts";

export interface FloorPlan {
  readonly processes: Processes;
  /** Origins of what stands behind it. */
  readonly json: string;
  readonly stream: string;
  /** A folder inside the checkout, so that the reference finds the same undici as Polygate. */
  readonly folder: string;
}

/** It passes on whatever it is given, so a translated case costs it what a relayed one does, and the reply is always OpenAI's. */
export async function startFloor({ processes, json, stream, folder }: FloorPlan): Promise<Gateway> {
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
      UP_JSON: json,
      UP_STREAM: stream,
    },
    port,
  });
  return { name: "floor", origin: `http://127.0.0.1:${port}`, pid, shot: passedOn };
}

/** The upstream's own path, and a body of the case's size that says whether a stream is wanted. */
function passedOn(subject: Case): Shot {
  const { to, stream, bytes } = subject;
  const { path, json, stream: streamed } = benchWires[to];
  return {
    path: path("gpt-4o-mini", stream),
    headers: { "content-type": "application/json" },
    body: chatBody({ model: "gpt-4o-mini", stream, bytes }),
    expect: stream ? streamed : json,
    abort: false,
  };
}
