import { runSuites } from "./suite.ts";
import { checks } from "./suites.ts";

await runSuites(checks);
