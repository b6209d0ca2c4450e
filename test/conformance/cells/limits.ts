import type { Terminal } from "../../../src/canonical/terminal.ts";
import { type Diff, diff, obj, parseJson } from "../json.ts";
import type { Exchange, WireName } from "../loader.ts";
import { sdkStream } from "../sdk-read.ts";
import { naiveEvents, naiveFrames } from "../sse.ts";
import { chunksOf, relayOf, type Subject, served, wireFor } from "../subject.ts";
import { wireJudges } from "../wires/index.ts";
import { type Cell, thrown } from "./cell.ts";
import { expectation } from "./decode.ts";
import { encoderFor, judged, serve, withoutOwn } from "./translate.ts";

const limited: Terminal = { kind: "limited" };

/** Streams cut by us in the middle: at a limit they end well, with `length`; at a failure with an error and no end marker. */
export const limits: Cell = async (exchange, kit) => {
  const { stream } = exchange;
  const expected = expectation(exchange);
  if (stream === undefined || exchange.status >= 400 || !expected?.ended || expected.error) return undefined;
  const { chunks } = chunksOf(kit.subject, exchange, stream);
  const half = chunks.slice(0, Math.ceil(chunks.length / 2)).filter((chunk) => chunk.type !== "finish");
  const out: Diff[] = [];
  for (const wire of served(kit.subject)) {
    if (!half.some((chunk) => chunk.type === "part-start")) continue;
    const text = serve(kit.subject, encoderFor(kit.subject, wire, true), half, limited);
    const judging = wire === exchange.wire ? { ...kit, judges: undefined } : kit;
    const served = judged(judging, wire, text, true, true);
    out.push(
      ...(wire === exchange.wire ? withoutOwn(exchange, served) : served),
      ...(await saysLength(`limited.${wire}`, wire, text)),
    );
  }
  if (faults(exchange.wire, stream, true).length === 0) out.push(...(await relayCut(kit.subject, exchange, stream)));
  return out;
};

const faults = (wire: WireName, text: string, complete: boolean, cut = false): readonly string[] =>
  wireJudges[wire].order(naiveEvents(text), { complete, cut, brokenArgs: true });

async function saysLength(check: string, wire: WireName, text: string): Promise<Diff[]> {
  try {
    const { choices } = await sdkStream(wire, text);
    const wrong = choices.filter((choice) => choice.finish !== "length");
    return wrong.length === 0 && choices.length > 0 ? [] : [diff(`${check}.finish`, "length", wrong[0]?.finish)];
  } catch (error) {
    return [diff(`${check}.sdk`, "an answer", thrown(error).message)];
  }
}

/** The frames up to the middle as they came, then what the relay ends them with. */
async function relayCut(subject: Subject, exchange: Exchange, stream: string): Promise<Diff[]> {
  const { wire } = exchange;
  const frames = naiveFrames(stream);
  const half = frames.slice(0, Math.ceil(frames.length / 2));
  // A finish that has passed is not to be said again; such streams are not cut at a limit.
  const { finishing, content, isError } = wireJudges[wire];
  const passed = half.join("");
  // Gemini's first frame may be content, the others' never is.
  if (finishing.test(passed) || !content.test(wire === "gemini" ? passed : half.slice(1).join(""))) return [];
  const out: Diff[] = [];
  const ended = cut(subject, exchange, half, limited);
  for (const fault of faults(wire, ended, true, true)) out.push(diff("cut.limited.order", "in order", fault));
  out.push(...(await saysLength("cut.limited", wire, ended)));
  const error = wireFor(subject, wire).decodeError(503, {}, "", exchange.provider);
  const broken = cut(subject, exchange, half, { kind: "truncated", error });
  for (const fault of faults(wire, broken, false, true)) out.push(diff("cut.error.order", "in order", fault));
  const last = naiveEvents(broken).at(-1)?.data ?? "";
  if (!isError(obj(parseJson(last)))) out.push(diff("cut.error", "an error event", last));
  return out;
}

function cut(subject: Subject, exchange: Exchange, frames: readonly string[], terminal: Terminal): string {
  const { relay } = relayOf(subject, exchange);
  for (const event of naiveEvents(frames.join(""))) relay.push(event);
  return frames.join("") + subject.encodeEvents(relay.cut(terminal));
}
