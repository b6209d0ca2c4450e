import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import type { WireEvent } from "../../canonical/event.ts";

const checkout = resolve(import.meta.dirname, "../../..");
const folder = (variable: string, fallback: string): string | undefined => {
  const path = process.env[variable] ?? resolve(checkout, fallback);
  return existsSync(path) ? path : undefined;
};

/** Folder of the recordings or the specifications, undefined on a machine without them. */
export const recordingsFolder = (): string | undefined => folder("POLYGATE_RECORDINGS", "../shared/recordings/open");
export const specsFolder = (): string | undefined => folder("POLYGATE_SPECS", "../shared/specs");

export interface NamedStream {
  readonly name: string;
  readonly text: string;
}

/** Streams of our own making that have what recordings seldom do. */
export const ownStreams: readonly NamedStream[] = [
  {
    name: "own/mixed",
    text: '\ufeff: hello\n\nevent: a\ndata: {"x":1}\n\ndata:no space\n\nid: 7\nretry: 10\n\ndata\n\ndata: [DONE]\n\n',
  },
  {
    name: "own/lines",
    text: "data: one\ndata: two\ndata:\ndata: \u00e4\u20ac\ud83d\ude00\n\n\n\n: ping\n\nevent: z\nid: 1\ndata: {\ndata: }\n\n",
  },
  { name: "own/unclosed", text: "event: x\ndata: 1\n\n: c\ndata: 2" },
  {
    name: "own/field names",
    text: "dat: 1\ndata2: 2\nevent\ndata: 3\n\neventdata: 4\ndata : 5\n\ndata:  6\n\nevent: \ndata: null\n\n",
  },
];

/** Up to `each` event streams of every provider, the shortest of them first. */
export function recordedStreams(each: number): readonly NamedStream[] {
  const root = recordingsFolder();
  if (root === undefined) return [];
  const found: NamedStream[] = [];
  for (const provider of readdirSync(root, { withFileTypes: true })) {
    if (!provider.isDirectory()) continue;
    const streams: NamedStream[] = [];
    for (const file of readdirSync(join(root, provider.name), { recursive: true, encoding: "utf8" })) {
      if (!file.endsWith(".json")) continue;
      const record: { response?: { body?: unknown }; stream?: unknown } = JSON.parse(
        readFileSync(join(root, provider.name, file), "utf8"),
      );
      const text = record.response?.body;
      if (record.stream === true && typeof text === "string" && /^\s*(?:data|event|id|retry|):/.test(text)) {
        streams.push({ name: `${provider.name}/${file}`, text });
      }
    }
    found.push(...streams.sort((a, b) => a.text.length - b.text.length).slice(0, each));
  }
  return found;
}

/** The stream with every line end replaced. */
export const withLineEnds = (text: string, end: "\n" | "\r\n" | "\r"): Buffer => Buffer.from(text.replace(/\r\n|\r|\n/g, end));

/** Events as one string, for fast comparison. */
export const print = (events: readonly (WireEvent | undefined)[]): string =>
  events.map((event) => (event === undefined ? "" : `${event.event ?? ""}\u0000${event.data}\u0001`)).join("");

/** Repeatable numbers in [0, 1). */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** `count` ascending places to cut `length` bytes at. */
export function cuts(length: number, count: number, random: () => number): readonly number[] {
  return Array.from({ length: count }, () => Math.floor(random() * (length + 1))).sort((a, b) => a - b);
}

/** The pieces between the cuts, empty ones too. */
export function pieces(bytes: Buffer, at: readonly number[]): readonly Buffer[] {
  const result: Buffer[] = [];
  let from = 0;
  for (const cut of at) {
    result.push(bytes.subarray(from, cut));
    from = cut;
  }
  result.push(bytes.subarray(from));
  return result;
}
