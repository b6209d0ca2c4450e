import type { WireEvent } from "../../../src/canonical/event.ts";
import { type Diff, diff, toJson } from "../json.ts";
import { hash, type LineEnd, naiveEvents, seeded, withLineEnd } from "../sse.ts";
import { chunksOf, decoderFor, type Subject } from "../subject.ts";
import type { Cell } from "./cell.ts";

const SMALL = 4096;
/** Bytes that all sampled cuts of one stream may cost together: long streams are cut in fewer ways. */
const SAMPLED = 1_500_000;
const FEWEST = 8;

/** Streams cut anywhere give the same events, the same chunks, and through the relay's framing the same bytes. */
export const cuts: Cell = (exchange, { subject, seed, cuts: budget }) => {
  if (exchange.stream === undefined || exchange.status >= 400) return undefined;
  const random = seeded(seed ^ hash(exchange.id));
  const out: Diff[] = [];
  const reference = naiveEvents(exchange.stream).map(signature).join("\n");
  const ends: LineEnd[] = random() < 0.12 ? ["as recorded", "crlf", "cr"] : ["as recorded"];
  for (const end of ends) {
    const bytes = new TextEncoder().encode(withLineEnd(exchange.stream, end));
    const check = (name: string, pieces: readonly Uint8Array[]): void => {
      if (out.length < 5 && run(subject, pieces) !== reference)
        out.push(diff(`cuts.${end}.${name}`, "the recording's events", where(pieces)));
    };
    check("single bytes", singles(bytes));
    if (bytes.length < SMALL && end === "as recorded" && budget > 0) {
      for (let at = 1; at < bytes.length; at++) check("two", [bytes.subarray(0, at), bytes.subarray(at)]);
    }
    const ways = Math.min(budget, Math.max(FEWEST, Math.floor(SAMPLED / bytes.length)));
    for (let i = 0; i < ways; i++) check("sampled", pieces(bytes, random, 1 + Math.floor(random() * 6)));
    out.push(...framed(subject, bytes, singles(bytes), `cuts.${end}.frames.single`));
    for (let i = 0; i < Math.min(budget, 8); i++)
      out.push(...framed(subject, bytes, pieces(bytes, random, 3), `cuts.${end}.frames.sampled`));
  }
  out.push(...sameChunks(exchange, subject, exchange.stream));
  return out;
};

/** The codec has no say in cuts once the events agree; that the chunks agree too is shown on single bytes. */
function sameChunks(exchange: Parameters<Cell>[0], subject: Subject, stream: string): Diff[] {
  const whole = JSON.stringify(toJson(chunksOf(subject, exchange, stream).chunks));
  const decoder = decoderFor(subject, exchange);
  const framing = subject.decoder();
  const chunks = [];
  for (const piece of singles(new TextEncoder().encode(stream))) {
    for (const event of framing.push(piece)) chunks.push(...decoder.push(event));
  }
  for (const event of framing.end()) chunks.push(...decoder.push(event));
  chunks.push(...decoder.end());
  return JSON.stringify(toJson(chunks)) === whole ? [] : [diff("cuts.chunks", "the same chunks", "others from single bytes")];
}

const signature = (event: WireEvent): string => `${event.event ?? ""}|${event.data}`;

function run(subject: Subject, pieces: readonly Uint8Array[]): string {
  const decoder = subject.decoder();
  let out = "";
  for (const piece of pieces)
    for (const event of decoder.push(piece)) out += out === "" ? signature(event) : `\n${signature(event)}`;
  for (const event of decoder.end()) out += out === "" ? signature(event) : `\n${signature(event)}`;
  return out;
}

/** Blocks, one after the other, are the bytes put in; each is whole frames; their single frames hold the recording's events. */
function framed(subject: Subject, bytes: Uint8Array, cut: readonly Uint8Array[], check: string): Diff[] {
  const frames = subject.frames();
  const given: Uint8Array[] = [];
  for (const piece of cut) {
    const block = frames.push(piece);
    if (block) given.push(Uint8Array.from(block));
  }
  const rest = frames.rest();
  if (rest) given.push(Uint8Array.from(rest));
  if (!Buffer.concat(given).equals(bytes)) return [diff(check, "the bytes put in", `others, from ${where(cut)}`)];
  const singles = given.flatMap((block) => subject.splitFrames(block));
  if (!Buffer.concat(singles).equals(bytes)) return [diff(`${check}.split`, "the bytes put in", `others, from ${where(cut)}`)];
  const got = singles.flatMap((frame) => subject.parseFrame(frame) ?? []).map(signature);
  const want = naiveEvents(new TextDecoder().decode(bytes)).map(signature);
  return got.join("\n") === want.join("\n") ? [] : [diff(`${check}.events`, want.length, `${got.length} or others`)];
}

const singles = (bytes: Uint8Array): Uint8Array[] => Array.from(bytes, (_, at) => bytes.subarray(at, at + 1));

export function pieces(bytes: Uint8Array, random: () => number, count: number): Uint8Array[] {
  const at = Array.from({ length: count }, () => Math.floor(random() * (bytes.length + 1))).sort((a, b) => a - b);
  return [0, ...at].map((from, i) => bytes.subarray(from, at[i] ?? bytes.length));
}

const where = (cut: readonly Uint8Array[]): string =>
  `cut after ${cut
    .map((piece) => piece.length)
    .slice(0, 6)
    .join("+")}`;
