import { createGateway, type Gateway, type GatewayOptions } from "../../../src/index.ts";
import { type Simulator, startSimulator } from "../../../src/simulator/index.ts";
import { providersAt } from "./providers-at.ts";

export interface Rig extends AsyncDisposable {
  readonly simulator: Simulator;
  readonly gateway: Gateway;
}

/** A gateway in this process, in front of a simulator; it writes no file unless the options say so. */
export async function startRig(options: GatewayOptions = {}): Promise<Rig> {
  const simulator = await startSimulator();
  const gateway = await createGateway({ dataDir: false, providers: providersAt(simulator.url), ...options });
  return {
    simulator,
    gateway,
    async [Symbol.asyncDispose]() {
      await gateway.close();
      await simulator.close();
    },
  };
}

/** What the promise rejected with; throws where it did not. */
export async function failure(promise: Promise<unknown>): Promise<unknown> {
  let value: unknown;
  try {
    value = await promise;
  } catch (thrown) {
    return thrown;
  }
  throw new Error(`This should have failed, and gave ${JSON.stringify(value)}.`);
}
