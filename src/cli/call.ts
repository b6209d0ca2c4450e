import { formatDollars } from "../canonical/cost.ts";
import { type CallAttempt, callAttempts } from "../ledger/call-report.ts";
import { ledgerFile } from "../ledger/open.ts";
import { openLedgerReader } from "../ledger/reader.ts";
import { unreadable } from "./failure.ts";
import type { Ports } from "./ports.ts";
import { jsonText } from "./terminal/json.ts";
import { table } from "./terminal/table.ts";
import { oneLine } from "./terminal/text.ts";

export interface CallShowOptions {
  readonly dataDir: string;
  /** As the header `x-polygate-call-id` says it. */
  readonly id: string;
  readonly json: boolean;
  readonly ports: Pick<Ports, "out" | "err">;
}

/** `polygate call show ID`: what became of a call, read from the ledger while the gateway may be running. Returns the exit code. */
export async function callShowCommand({ dataDir, id, json, ports }: CallShowOptions): Promise<number> {
  let attempts: readonly CallAttempt[] = [];
  const file = ledgerFile(dataDir);
  let kept = false;
  try {
    const db = openLedgerReader(dataDir);
    kept = db !== undefined;
    if (db !== undefined) attempts = await callAttempts(db, id).finally(() => db.destroy());
  } catch (thrown) {
    ports.err(unreadable(thrown));
    return 1;
  }
  const [first] = attempts;
  if (first === undefined) {
    ports.err(
      !kept
        ? `There is no ledger at ${file} yet: no gateway has served a call with this data_dir. Another configuration? Name it with --config.`
        : `The ledger ${file} knows no call ${oneLine(JSON.stringify(id))}. Ids stand in the header x-polygate-call-id; a call that was refused before a provider was asked has no entry. A gateway with another configuration keeps other books: name it with --config.`,
    );
    return 1;
  }
  if (json) ports.out(jsonText({ id, attempts }));
  else for (const line of [...callLines(id, first, attempts.length), ...attempts.flatMap(attemptLines)]) ports.out(line);
  return 0;
}

function callLines(id: string, { operation, callerWire, key, requestedModel, stream, startedAt }: CallAttempt, attempts: number) {
  return table([
    ["call", oneLine(id)],
    ["asked for", `${oneLine(requestedModel)} (${operation}${stream ? ", streamed" : ""}, ${callerWire}, key ${oneLine(key)})`],
    ["began", new Date(startedAt).toISOString()],
    ["attempts", String(attempts)],
  ]);
}

function attemptLines(attempt: CallAttempt): readonly string[] {
  const { number, provider, providerWire, relayed, upstreamModel, servedModel, warnings } = attempt;
  const served = servedModel === undefined || servedModel === upstreamModel ? "" : `, served by ${oneLine(servedModel)}`;
  const rows = [
    ["  model", `${oneLine(upstreamModel)}${served}`],
    ["  wire", `${providerWire}, ${relayed ? "relayed" : "translated"}`],
    ["  ended", ended(attempt)],
    ["  usage", usage(attempt)],
    ...(attempt.costNano === undefined ? [] : [["  cost", cost(attempt.costNano, attempt)]]),
    ["  timing", timing(attempt)],
    ...(attempt.upstreamRequestId === undefined ? [] : [["  their id", oneLine(attempt.upstreamRequestId)]]),
    ...(warnings.length > 0 ? [] : [["  warnings", "none"]]),
  ];
  const losses = warnings.map(({ kind, code, at = "", detail = "" }) => [`    ${kind}`, code, oneLine(at), oneLine(detail, 300)]);
  return [
    "",
    `attempt ${number} at ${oneLine(provider)}`,
    ...table(rows),
    ...(losses.length === 0 ? [] : ["  warnings", ...table([["    KIND", "CODE", "WHERE", "WHY"], ...losses])]),
  ];
}

function ended({ terminal, errorCode, status, finishReason, finishRaw, outcome }: CallAttempt): string {
  const raw = finishRaw === undefined || finishRaw === finishReason ? "" : ` (${oneLine(finishRaw)})`;
  const facts = [
    terminal,
    ...(errorCode === undefined ? [] : [errorCode]),
    ...(finishReason === undefined ? [] : [`finish reason ${finishReason}${raw}`]),
    outcome === "void" ? "the provider was not reached" : status === undefined ? "no reply" : `HTTP ${status}`,
  ];
  return facts.join(", ");
}

function usage({ usage }: CallAttempt): string {
  if (usage === undefined) return "none told";
  const { inputUncached, cacheRead, cacheWrite5m, cacheWrite1h, outputVisible, outputReasoning, estimated, anomaly } = usage;
  const counts: readonly (readonly [string, number])[] = [
    ["input", inputUncached],
    ["cache read", cacheRead],
    ["cache write (5 min)", cacheWrite5m],
    ["cache write (1 h)", cacheWrite1h],
    ["output", outputVisible],
    ["reasoning", outputReasoning],
  ];
  const told = counts.filter(([name, count]) => count > 0 || name === "input" || name === "output");
  const words = told.map(([name, count]) => `${name} ${count.toLocaleString("en-US")}`);
  return [...words, ...(estimated ? ["estimated"] : []), ...(anomaly === undefined ? [] : [oneLine(anomaly, 200)])].join(", ");
}

const cost = (nano: number, { costExact, priceVersion }: CallAttempt): string =>
  `${formatDollars(BigInt(nano))} USD${costExact === false ? ", not exact" : ""}${priceVersion === undefined ? "" : ` (prices: ${oneLine(priceVersion)})`}`;

function timing({ headersMs, firstContentMs, durationMs }: CallAttempt): string {
  const ms = (value: number): string => `${value < 10 ? value.toFixed(1) : Math.round(value).toLocaleString("en-US")} ms`;
  return [
    ...(headersMs === undefined ? [] : [`headers after ${ms(headersMs)}`]),
    ...(firstContentMs === undefined ? [] : [`first content after ${ms(firstContentMs)}`]),
    `over after ${ms(durationMs)}`,
  ].join(", ");
}
