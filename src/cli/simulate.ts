import { startSimulator } from "../simulator/index.ts";
import { models } from "../simulator/models.ts";
import type { Ports } from "./ports.ts";
import { table } from "./table.ts";

export interface SimulateOptions {
  readonly host: string;
  readonly port: number;
  /** Milliseconds between the events of a stream. */
  readonly pace: number;
  readonly journal?: string | undefined;
  readonly seed?: string | undefined;
  readonly list: boolean;
}

/** `polygate simulate`: a provider without a model, until told to stop. Resolves to the exit code. */
export async function simulateCommand(options: SimulateOptions, ports: Ports): Promise<number> {
  if (options.list) {
    ports.out("Models:");
    for (const line of table(models.map(({ id, summary }) => [`  ${id}`, summary]))) ports.out(line);
    return 0;
  }
  const { host, port, pace, journal, seed } = options;
  const simulator = await startSimulator({ host, port, pace: { ms: pace }, journalFile: journal, seed });
  ports.out(`Simulated provider at ${simulator.url} (OpenAI SDKs: ${simulator.url}/v1, Anthropic SDKs: ${simulator.url}).`);
  ports.out("Any credential is accepted. polygate simulate --list shows its models and faults.");
  await new Promise<void>((resolve) => {
    const forget = ports.onStop(() => {
      forget();
      resolve();
    });
  });
  await simulator.close();
  return 0;
}
