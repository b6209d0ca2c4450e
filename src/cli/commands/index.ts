import { call } from "./call.ts";
import type { Definition } from "./command.ts";
import { config } from "./config.ts";
import { serve } from "./serve.ts";
import { simulate } from "./simulate.ts";
import { usage } from "./usage.ts";

/** Every command, in the order in which the help shows them. */
export const definitions: readonly Definition[] = [serve, usage, call, config, simulate];
