import { admin } from "./admin.ts";
import { ask } from "./ask.ts";
import { call } from "./call.ts";
import { chat } from "./chat.ts";
import type { Definition } from "./command.ts";
import { completion } from "./completion.ts";
import { config } from "./config.ts";
import { doctor } from "./doctor.ts";
import { models } from "./models.ts";
import { serve } from "./serve.ts";
import { simulate } from "./simulate.ts";
import { tail } from "./tail.ts";
import { usage } from "./usage.ts";

/** Every command, in the order in which the help shows them. */
export const definitions: readonly Definition[] = [
  serve,
  chat,
  ask,
  models,
  usage,
  call,
  tail,
  config,
  admin,
  doctor,
  simulate,
  completion,
];
