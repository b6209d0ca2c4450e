#!/usr/bin/env node
import { fileURLToPath } from "node:url";
import { isCheckout, isNewEnough, onOrphaned, runOnOwnNode } from "./runtime.js";

if (isNewEnough(process.version)) {
  const { main } = await import(isCheckout ? "../src/main.ts" : "../dist/main.js");
  onOrphaned(() => process.kill(process.pid, "SIGTERM"));
  await main(process.argv.slice(2));
} else {
  runOnOwnNode([fileURLToPath(import.meta.url), ...process.argv.slice(2)]);
}
