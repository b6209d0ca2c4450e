import { type CallAttempt, callAttempts } from "../ledger/call-report.ts";
import { openLedgerReader } from "../ledger/reader.ts";
import { table } from "./table.ts";

export interface CallShowOptions {
  readonly dataDir: string;
  /** As the header `x-polygate-call-id` says it. */
  readonly id: string;
  readonly json: boolean;
  /** Takes one line of output. */
  readonly out: (line: string) => void;
}

/** `polygate call show ID`: what became of a call, read from the ledger while the gateway may be running. Returns the exit code. */
export async function callShowCommand({ dataDir, id, json, out }: CallShowOptions): Promise<number> {
  let attempts: readonly CallAttempt[] = [];
  try {
    const db = openLedgerReader(dataDir);
    if (db !== undefined) attempts = await callAttempts(db, id).finally(() => db.destroy());
  } catch (thrown) {
    out(`The ledger cannot be read: ${thrown instanceof Error ? thrown.message : String(thrown)}`);
    return 1;
  }
  const [first] = attempts;
  if (first === undefined) {
    out(
      `The ledger knows no call ${printable(JSON.stringify(id))}. Ids stand in the header x-polygate-call-id; a call that was refused before a provider was asked has no entry.`,
    );
    return 1;
  }
  if (json) out(JSON.stringify({ id, attempts }, undefined, 2));
  else for (const line of [...callLines(id, first, attempts.length), ...attempts.flatMap(attemptLines)]) out(line);
  return 0;
}

function callLines(id: string, { operation, callerWire, key, requestedModel, stream, startedAt }: CallAttempt, attempts: number) {
  return table([
    ["call", printable(id)],
    [
      "asked for",
      `${printable(requestedModel)} (${operation}${stream ? ", streamed" : ""}, ${callerWire}, key ${printable(key)})`,
    ],
    ["began", new Date(startedAt).toISOString()],
    ["attempts", String(attempts)],
  ]);
}

function attemptLines(attempt: CallAttempt): readonly string[] {
  const { number, provider, providerWire, relayed, upstreamModel, servedModel, warnings } = attempt;
  const served = servedModel === undefined || servedModel === upstreamModel ? "" : `, served by ${printable(servedModel)}`;
  const rows = [
    ["  model", `${printable(upstreamModel)}${served}`],
    ["  wire", `${providerWire}, ${relayed ? "relayed" : "translated"}`],
    ["  ended", ended(attempt)],
    ["  usage", usage(attempt)],
    ["  timing", timing(attempt)],
    ...(attempt.upstreamRequestId === undefined ? [] : [["  their id", printable(attempt.upstreamRequestId)]]),
    ...(warnings.length > 0 ? [] : [["  warnings", "none"]]),
  ];
  const losses = warnings.map(({ kind, code, at = "", detail = "" }) => [
    `    ${kind}`,
    code,
    printable(at),
    printable(detail, 300),
  ]);
  return [
    "",
    `attempt ${number} at ${printable(provider)}`,
    ...table(rows),
    ...(losses.length === 0 ? [] : ["  warnings", ...table([["    KIND", "CODE", "WHERE", "WHY"], ...losses])]),
  ];
}

function ended({ terminal, errorCode, status, finishReason, finishRaw, outcome }: CallAttempt): string {
  const raw = finishRaw === undefined || finishRaw === finishReason ? "" : ` (${printable(finishRaw)})`;
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
  return [...words, ...(estimated ? ["estimated"] : []), ...(anomaly === undefined ? [] : [printable(anomaly, 200)])].join(", ");
}

function timing({ headersMs, firstContentMs, durationMs }: CallAttempt): string {
  const ms = (value: number): string => `${value < 10 ? value.toFixed(1) : Math.round(value).toLocaleString("en-US")} ms`;
  return [
    ...(headersMs === undefined ? [] : [`headers after ${ms(headersMs)}`]),
    ...(firstContentMs === undefined ? [] : [`first content after ${ms(firstContentMs)}`]),
    `over after ${ms(durationMs)}`,
  ].join(", ");
}

/** Names came from outside: they must not steer the terminal. */
const printable = (text: string, longest = 120): string => text.replaceAll(/\p{C}/gu, "?").slice(0, longest);
