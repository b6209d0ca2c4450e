import type { Ports } from "../ports.ts";
import { jsonText } from "../terminal/json.ts";
import { paintFor } from "../terminal/paint.ts";
import { Progress } from "../terminal/progress.ts";
import { table } from "../terminal/table.ts";
import { oneLine } from "../terminal/text.ts";
import { type BackendFlags, listModels, openBackend } from "./open.ts";

/** `polygate models`: what can be called. Gives the exit code: 1 where no provider said anything. */
export async function modelsCommand(
  text: string | undefined,
  flags: BackendFlags & { readonly json: boolean },
  ports: Ports,
): Promise<number> {
  const progress = new Progress(ports);
  const backend = await openBackend(flags, ports);
  progress.show("asking the providers for their models …");
  const { models, silent } = await listModels(backend, ports).finally(async () => {
    progress.clear();
    await backend.close();
  });
  const wanted = text?.toLowerCase();
  const shown = wanted === undefined ? models : models.filter(({ id }) => id.toLowerCase().includes(wanted));
  for (const { reason } of silent) ports.err(oneLine(reason, 400));
  if (flags.json) {
    ports.out(jsonText({ models: shown.map((model) => ({ ...model, createdAt: model.createdAt || null })), silent }));
  } else if (shown.length === 0) {
    ports.out(wanted === undefined ? "No provider lists a model." : `No model has ${JSON.stringify(text)} in its name.`);
  } else {
    const rows = shown.map(({ id, createdAt }) => [oneLine(id, 200), day(createdAt)]);
    const columns = ports.terminal.out ? ports.terminal.columns : undefined;
    const [head = "", ...lines] = table([["MODEL", "SINCE"], ...rows], { columns, flexible: [0] });
    ports.out(paintFor(ports, "out")("dim", head));
    for (const line of lines) ports.out(line);
  }
  return models.length === 0 ? 1 : 0;
}

const day = (seconds: number): string => (seconds === 0 ? "" : new Date(seconds * 1000).toISOString().slice(0, 10));
