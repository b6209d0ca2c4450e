import type { WireEvent } from "../../src/canonical/event.ts";

/** SSE read the naive way: whole text, split at blank lines. The judge's own reader; the decoder under test is src/framing. */
export function naiveEvents(text: string): WireEvent[] {
  return naiveFrames(text).flatMap((frame) => {
    const data: string[] = [];
    let event: string | undefined;
    for (const line of frame.split(/\r\n|\n|\r/)) {
      if (line.startsWith("data:")) data.push(line.slice(line[5] === " " ? 6 : 5));
      if (line.startsWith("event:")) event = line.slice(line[6] === " " ? 7 : 6);
    }
    if (data.length === 0) return [];
    return [event === undefined ? { data: data.join("\n") } : { event, data: data.join("\n") }];
  });
}

/** The frames with the blank line that ends each, so that their concatenation is the text. */
export function naiveFrames(text: string): string[] {
  return text.split(/(?<=\r\n\r\n|\n\n|\r\r)(?![\r\n])/).filter((frame) => frame !== "");
}

export type LineEnd = "as recorded" | "crlf" | "cr";

export function withLineEnd(text: string, end: LineEnd): string {
  if (end === "as recorded") return text;
  return text.replace(/\r\n|\n|\r/g, end === "crlf" ? "\r\n" : "\r");
}

/** Small seeded generator (mulberry32), so that a run can be repeated from its printed seed. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

export const hash = (text: string): number => {
  let h = 2166136261;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 16777619);
  return h >>> 0;
};
