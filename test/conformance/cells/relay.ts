import type { Relay } from "../../../src/wires/wire.ts";
import { type Diff, diff, differences, parseJson, textDiff, toJson } from "../json.ts";
import type { Exchange } from "../loader.ts";
import { readUsage } from "../read-canonical.ts";
import { noUsage, type Reading } from "../reading.ts";
import { reasonedFrames, reasonedWhole } from "../reasons.ts";
import { hash, naiveEvents, naiveFrames, seeded } from "../sse.ts";
import { decoderFor, type Passing, relayOf, type Subject, sentBy } from "../subject.ts";
import { wireJudges } from "../wires/index.ts";
import { type Cell, thrown } from "./cell.ts";
import { pieces } from "./cuts.ts";
import { expectation } from "./decode.ts";

/**
 * What goes back is what was recorded, but for the usage chunk nobody asked for and finish reasons that say the opposite of what
 * was said; and the relay has understood it.
 */
export const relay: Cell = async (exchange, kit) => {
  if (exchange.status >= 400) return undefined;
  const { subject } = kit;
  const expected = expectation(exchange);
  if (!expected) return undefined;
  const out: Diff[] = [...request(subject, exchange)];
  if (exchange.stream === undefined) return [...out, ...whole(subject, exchange, expected)];
  const recorded = exchange.stream;
  const due = shownFrames(exchange, recorded).join("");
  const read = look(subject, exchange, recorded, false);
  const glanced = look(subject, exchange, recorded, true);
  out.push(...textDiff("relay.bytes", due, read.text), ...textDiff("relay.bytes.shortcut", due, glanced.text));
  out.push(...differences("relay.interesting", toJson(read.relay.observed()), toJson(glanced.relay.observed())));
  out.push(...observed(expected, read.relay));
  const bytes = new TextEncoder().encode(recorded);
  const random = seeded(kit.seed ^ hash(exchange.id));
  const frameReads = naiveFrames(recorded).map((frame) => new TextEncoder().encode(frame));
  for (const [name, reads] of [
    ["frames", frameReads],
    ["one", [bytes]],
    ["pieces", pieces(bytes, random, 5)],
  ] as const) {
    out.push(...(await passed(subject, exchange, reads, due, expected, name)));
  }
  return out;
};

/** A stream's frames, but for those that nobody asked for. */
export function shownFrames({ wire, request }: Exchange, recorded: string): string[] {
  const { hidden } = wireJudges[wire];
  const shown = naiveFrames(recorded).filter((frame) => !naiveEvents(frame).some((event) => hidden(event, request)));
  return reasonedFrames(wire, shown);
}

/** The relayed request is the caller's, but for asking after usage. */
function request(subject: Subject, exchange: Exchange): Diff[] {
  const { wireRequest } = relayOf(subject, exchange);
  const parts = wireRequest.body;
  const sent = Array.isArray(parts) ? parseJson(new TextDecoder().decode(Buffer.concat(parts))) : toJson(parts);
  return differences("relay.request", wireJudges[exchange.wire].upstream(sentBy(exchange)), sent);
}

function whole(subject: Subject, exchange: Exchange, expected: Reading): Diff[] {
  const opened = relayOf(subject, exchange).relay;
  const recorded = exchange.whole ?? {};
  const verdict = opened.whole(recorded);
  const due = reasonedWhole(exchange.wire, recorded);
  return [...differences("relay.whole", due, verdict === "keep" ? recorded : verdict), ...observed(expected, opened)];
}

/** As the gateway does it: every frame is looked at until content has passed, then only the interesting ones. */
function look(subject: Subject, exchange: Exchange, recorded: string, shortcut: boolean): { text: string; relay: Relay } {
  const { relay: opened } = relayOf(subject, exchange);
  let text = "";
  for (const frame of subject.splitFrames(new TextEncoder().encode(recorded))) {
    const utf8 = Buffer.from(frame).toString("utf8");
    if (shortcut && opened.observed().content && !opened.interesting.test(Buffer.from(frame).toString("latin1"))) {
      text += utf8;
      continue;
    }
    const event = subject.parseFrame(frame);
    const verdict = event === undefined ? "keep" : opened.push(event);
    if (verdict === "keep") text += utf8;
    else if (verdict !== "drop") text += subject.encodeEvents(verdict);
  }
  return { text, relay: opened };
}

function observed(expected: Reading, opened: Relay): Diff[] {
  const seen = opened.observed();
  const out: Diff[] = [];
  if ((seen.error !== undefined) !== expected.error) out.push(diff("observed.error", expected.error, seen.error?.code));
  if (expected.error) return out;
  if (seen.ended !== expected.ended) out.push(diff("observed.ended", expected.ended, seen.ended));
  if (expected.id && seen.id !== expected.id) out.push(diff("observed.id", expected.id, seen.id));
  if (expected.model && seen.model !== expected.model) out.push(diff("observed.model", expected.model, seen.model));
  const first = expected.choices[0];
  const content = expected.choices.some((one) => one.text + one.reasoning + one.refusal !== "" || one.calls.length > 0);
  if (content && !seen.content) out.push(diff("observed.content", content, seen.content));
  if (expected.ended && first?.finish && seen.finish?.reason !== first.finish && expected.choices.length === 1) {
    out.push(diff("observed.finish", first.finish, seen.finish?.reason));
  }
  const usage = seen.usage ? readUsage(seen.usage) : undefined;
  if ((usage !== undefined) !== (expected.usage !== undefined)) out.push(diff("observed.usage", expected.usage, usage));
  if (!usage || !expected.usage || expected.usage.odd) return out;
  for (const key of ["input", "cacheRead", "cacheWrite", "output", "reasoning"] as const) {
    const want = (expected.usage ?? noUsage)[key];
    if (usage[key] !== want) out.push(diff(`observed.usage.${key}`, want, usage[key]));
  }
  return out;
}

/** Through the gateway's own stream classes, one network read at a time. */
async function passed(
  subject: Subject,
  exchange: Exchange,
  reads: readonly Uint8Array[],
  due: string,
  expected: Reading,
  name: string,
): Promise<Diff[]> {
  const out: Diff[] = [];
  const relayed = await drain(() =>
    subject.relayed(reader(reads), relayOf(subject, exchange).relay, () => decoderFor(subject, exchange)),
  );
  const translated = await drain(() => subject.translated(reader(reads), decoderFor(subject, exchange)));
  const clean = expected.ended && !expected.error;
  if (clean) out.push(...textDiff(`gateway.${name}.bytes`, due, relayed.text));
  for (const [which, end] of [
    ["relayed", relayed.end],
    ["translated", translated.end],
  ] as const) {
    if ((end === "finished") !== clean)
      out.push(diff(`gateway.${name}.${which}.terminal`, clean ? "finished" : "not finished", end));
  }
  if (clean && expected.usage && !translated.usage) out.push(diff(`gateway.${name}.translated.usage`, "usage", "none"));
  return out;
}

function reader(reads: readonly Uint8Array[]) {
  let at = 0;
  return { read: () => Promise.resolve(reads[at++]), cancel: () => {} };
}

async function drain(make: () => Passing): Promise<{ text: string; end: string; usage: boolean }> {
  let text = "";
  let usage = false;
  try {
    const passing = make();
    await passing.open();
    for (;;) {
      const step = await passing.next();
      if (step.done === true) return { text, end: step.value.kind, usage };
      for (const item of step.value) {
        if (item.raw) text += Buffer.from(item.raw).toString("utf8");
        else usage ||= item.chunks().some((chunk) => chunk.type === "usage");
      }
    }
  } catch (error) {
    return { text, end: `failed before content: ${thrown(error).code}`, usage };
  }
}
