import { openLedger } from "../open.ts";
import { attemptEnd, attemptStart, realClock } from "./attempts.ts";

/*
 * A process that books attempts without end until it is killed, and says on its standard output how many it has ended and
 * flushed: after each line, that many must be found in the ledger whatever becomes of the process.
 */
const [dataDir = "", first = "0"] = process.argv.slice(2);
const writer = await openLedger({ dataDir, clock: realClock });
for (let index = Number(first); ; ) {
  for (const until = index + 300; index < until; index++) writer.begin(attemptStart(index)).settle(attemptEnd());
  await writer.flush();
  process.stdout.write(`${index}\n`);
}
