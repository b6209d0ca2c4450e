import { after } from "node:test";
import { startSimulator } from "../../src/simulator/index.ts";
import { contents } from "./contents.ts";
import { examples } from "./examples.ts";
import { importCost } from "./import-cost.ts";
import { install } from "./installed.ts";
import { runs } from "./runs.ts";
import { types } from "./types.ts";

/* The package as it is shipped: built and installed once, then looked at from all sides. */

const installed = install();
const simulator = await startSimulator();
after(async () => {
  installed.dispose();
  await simulator.close();
});
contents(installed);
types(installed);
importCost(installed);
runs(installed, simulator);
examples(installed, simulator);
