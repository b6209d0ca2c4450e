import { Agent, get } from "node:http";
import { parentPort, workerData } from "node:worker_threads";

/* Asks a gateway for its health, one question after the other, in a thread of its own; says how long each took when it is told to stop. */

const agent = new Agent({ keepAlive: true });
const took: number[] = [];
let asking = true;
parentPort?.on("message", () => {
  asking = false;
});

const ask = (): void => {
  const began = performance.now();
  get(`${workerData}/healthz`, { agent }, (response) => {
    response.resume();
    response.on("end", () => {
      took.push(response.statusCode === 200 ? performance.now() - began : Number.POSITIVE_INFINITY);
      if (asking) setTimeout(ask, 20);
      else {
        parentPort?.postMessage(took);
        parentPort?.close();
        agent.destroy();
      }
    });
  });
};
ask();
