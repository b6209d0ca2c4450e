import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { isObject, type Json, type JsonObject } from "../../../src/canonical/json.ts";
import type { StackOptions } from "../stack.ts";
import type { Stats } from "./child.ts";

export interface ChildStack {
  readonly address: string;
  stats(): Promise<Stats>;
  /** Model, terminal and error code of every entry, in their order. */
  ledger(): Promise<readonly { readonly model: string; readonly terminal: string; readonly error: string | null }[]>;
  close(): Promise<void>;
}

/** Starts a gateway in a process of its own. */
export async function startChildStack(options: Omit<StackOptions, "random">): Promise<ChildStack> {
  const child = fork(fileURLToPath(new URL("child.ts", import.meta.url)), [JSON.stringify(options)], {
    // As bin/runtime.js starts it.
    execArgv: ["--expose-gc", "--max-semi-space-size=8"],
    env: { ...process.env, MALLOC_ARENA_MAX: "1", MALLOC_MMAP_THRESHOLD_: "131072", MALLOC_TRIM_THRESHOLD_: "1048576" },
  });
  const told = await hear(child);
  const address = String(told["address"]);
  return {
    address,
    stats: async () => {
      const stats = await asked(child, "stats");
      const { rssBytes, heldBytes, stallMs, troubles } = isObject(stats["stats"]) ? stats["stats"] : {};
      return {
        rssBytes: Number(rssBytes),
        heldBytes: Number(heldBytes),
        stallMs: Number(stallMs),
        troubles: Array.isArray(troubles) ? troubles.map(String) : [],
      };
    },
    ledger: async () => {
      const { rows } = await asked(child, "ledger");
      return (Array.isArray(rows) ? rows : []).map((row: Json) => {
        const { model, terminal, error } = isObject(row) ? row : {};
        return { model: String(model), terminal: String(terminal), error: typeof error === "string" ? error : null };
      });
    },
    close: async () => {
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
