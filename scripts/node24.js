/* `node scripts/node24.js <args>` is `node <args>`, on a Node that is new enough. */
import { runOnOwnNode } from "../bin/runtime.js";

runOnOwnNode(process.argv.slice(2));
