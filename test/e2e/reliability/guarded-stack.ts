import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type Stack, type StackOptions, startStack } from "../stack.ts";
import { canaries, canaryHits, keepForCanaries } from "./ask.ts";

/** A stack whose secrets are canaries; closing it asserts that none of them has come out, neither in an answer nor in a file. */
export async function startGuardedStack(options: StackOptions = {}): Promise<Stack> {
  const stack = await startStack({
    key: canaries.key,
    credentials: { oai: canaries.openaiCredential, ant: canaries.anthropicCredential },
    ...options,
  });
  return {
    ...stack,
    close: async () => {
      try {
        await stack.running.gateway.flush();
        for (const name of readdirSync(stack.dataDir)) {
          keepForCanaries(readFileSync(join(stack.dataDir, name)).toString("latin1"));
        }
      } finally {
        await stack.close();
      }
      assert.deepEqual(canaryHits().hits, [], "a secret has come out");
    },
  };
}
