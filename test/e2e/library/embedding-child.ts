import { createGateway } from "../../../src/index.ts";
import { providersAt } from "./providers-at.ts";

/*
 * A program that embeds the gateway: `<data dir> <simulator>` makes calls without end, four at a time, and prints the id of each
 * that is in the books; with `once` it makes one, and ends without closing anything.
 */

const [dataDir = "", url = "", mode] = process.argv.slice(2);
const gateway = await createGateway({ dataDir, providers: providersAt(url) });

async function one(): Promise<void> {
  const { callId } = await gateway.generate({ model: "oai/echo", prompt: "hello" });
  await gateway.flush();
  process.stdout.write(`${callId}\n`);
}

if (mode === "once") await gateway.generate({ model: "oai/echo", prompt: "hello" });
else
  await Promise.all(
    [1, 2, 3, 4].map(async () => {
      for (;;) await one();
    }),
  );
