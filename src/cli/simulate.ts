import type { Simulator, SimulatorOptions } from "../simulator/index.ts";
import { explainFailure } from "./failure.ts";
import type { Ports } from "./ports.ts";
import { table } from "./terminal/table.ts";

export interface SimulateOptions {
  readonly host: string;
  readonly port: number;
  /** Milliseconds between the events of a stream. */
  readonly pace: number;
  readonly journal?: string | undefined;
  readonly replay?: string | undefined;
  readonly specs?: string | undefined;
  readonly seed?: string | undefined;
  readonly list: boolean;
}

/** `polygate simulate`: a provider without a model, until told to stop. Resolves to the exit code. */
export async function simulateCommand(options: SimulateOptions, ports: Ports): Promise<number> {
  // Not needed for anything else: who only serves does not pay for it.
  const simulator = await import("../simulator/index.ts");
  if (options.list) {
    const { models, faults } = simulator;
    ports.out("Models:");
    for (const line of table(models.map(({ id, summary }) => [`  ${id}`, summary]))) ports.out(line);
    ports.out("\nFaults, as model fault:<name>[:argument] or header x-sim-fault: <name>[:argument]:");
    for (const line of table(faults.map(({ name, argument, summary }) => [`  ${name}`, argument ?? "", summary])))
      ports.out(line);
    return 0;
  }
  const { host, port, pace, journal, seed, replay, specs } = options;
  const started = await begin(
    simulator.startSimulator,
    { host, port, pace: { ms: pace }, journalFile: journal, seed, replay, specsDir: specs },
    ports,
  );
  if (started === undefined) return 1;
  ports.out(`Simulated provider at ${started.url} (OpenAI SDKs: ${started.url}/v1; Anthropic and Google SDKs: ${started.url}).`);
  ports.out("Any key is accepted; Google SDKs need one, and keys that begin with `wrong` are refused to them.");
  ports.out("polygate simulate --list shows its models and faults.");
  await new Promise<void>((resolve) => {
    const forget = ports.onStop(() => {
      forget();
      resolve();
    });
  });
  await started.close();
  return 0;
}

async function begin(
  start: (options: SimulatorOptions) => Promise<Simulator>,
  options: SimulatorOptions & { readonly host: string; readonly port: number },
  ports: Ports,
): Promise<Simulator | undefined> {
  try {
    return await start(options);
  } catch (thrown) {
    const missing = thrown instanceof Error && "code" in thrown && thrown.code === "ENOENT";
    const sentences = missing
      ? [`There is nothing at a path that was given: ${thrown.message}`]
      : explainFailure(thrown, options);
    if (sentences === undefined) throw thrown;
    for (const sentence of sentences) ports.err(sentence);
    return undefined;
  }
}
