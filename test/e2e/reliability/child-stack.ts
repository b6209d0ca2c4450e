import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { isObject, type Json, type JsonObject } from "../../../src/canonical/json.ts";
import type { StackOptions } from "../stack.ts";
import type { Stats } from "./child.ts";
import { runtimeFlags } from "./runtime-flags.ts";

export interface ChildStack {
  readonly address: string;
  stats(): Promise<Stats>;
  /** Every attempt in the ledger, in their order. */
  ledger(): Promise<readonly LedgerLine[]>;
  close(): Promise<void>;
}

export interface LedgerLine {
  /** The call's id. */
  readonly call: string;
  /** By the gateway's own clock, in ms. */
  readonly startedAt: number;
  readonly endedAt: number;
  readonly model: string;
  readonly terminal: string;
  /** The error's code. */
  readonly error: string | null;
}

/** Starts a gateway in a process of its own. */
export async function startChildStack(options: Omit<StackOptions, "random">): Promise<ChildStack> {
  const { flags, environment } = runtimeFlags();
  const child = fork(fileURLToPath(new URL("child.ts", import.meta.url)), [JSON.stringify(options)], {
    execArgv: ["--expose-gc", ...flags],
    env: { ...environment, ...process.env },
  });
  const told = await hear(child);
  const address = String(told["address"]);
  return {
    address,
    stats: async () => {
      const stats = await asked(child, "stats");
      const { rssBytes, heldBytes, mostHeldBytes, stallMs, troubles, resources, files } = isObject(stats["stats"])
        ? stats["stats"]
        : {};
      return {
        rssBytes: Number(rssBytes),
        heldBytes: Number(heldBytes),
        mostHeldBytes: Number(mostHeldBytes),
        stallMs: Number(stallMs),
        troubles: Array.isArray(troubles) ? troubles.map(String) : [],
        resources: Object.fromEntries(
          Object.entries(isObject(resources) ? resources : {}).map(([kind, count]) => [kind, Number(count)]),
        ),
        files: Number(files),
      };
    },
    ledger: async () => {
      const { rows } = await asked(child, "ledger");
      return (Array.isArray(rows) ? rows : []).map((row: Json) => {
        const { call, startedAt, endedAt, model, terminal, error } = isObject(row) ? row : {};
        return {
          call: String(call),
          startedAt: Number(startedAt),
          endedAt: Number(endedAt),
          model: String(model),
          terminal: String(terminal),
          error: typeof error === "string" ? error : null,
        };
      });
    },
    close: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const gone = once(child, "exit");
      if (child.connected) child.send("close");
      await gone;
    },
  };
}

async function asked(child: ChildProcess, question: string): Promise<JsonObject> {
  const answer = hear(child);
  child.send(question);
  return answer;
}

function hear(child: ChildProcess): Promise<JsonObject> {
  return new Promise((resolve, reject) => {
    const onExit = (): void => reject(new Error("the gateway's process has ended"));
    child.once("exit", onExit);
    child.once("message", (message) => {
      child.off("exit", onExit);
      const told: Json = JSON.parse(JSON.stringify(message));
      resolve(isObject(told) ? told : {});
    });
  });
}
