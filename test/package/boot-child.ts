import { start } from "./served.ts";

/* `<launcher> <configuration> <folder>`: starts the server, prints how long it took to be healthy, and stops it. For runs.ts. */

const [launcher = "", config = "", cwd = ""] = process.argv.slice(2);
const served = await start({
  command: process.execPath,
  args: [launcher, "--config", config],
  cwd,
  env: { PATH: "", HOME: cwd },
});
await served.stop();
process.stdout.write(String(Math.round(served.healthyMs)));
