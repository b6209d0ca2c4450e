#!/usr/bin/env node
import { fileURLToPath } from "node:url";
import { isCheckout, isNewEnough, onOrphaned, runLean, runOnOwnNode } from "./runtime.js";

const command = [fileURLToPath(import.meta.url), ...process.argv.slice(2)];
if (isNewEnough(process.version)) {
  runLean(command);
  const { main } = await import(isCheckout ? "../src/main.ts" : "../dist/main.js");
  onOrphaned(() => process.kill(process.pid, "SIGTERM"));
  await main(process.argv.slice(2));
} else {
  runOnOwnNode(command);
}
