import type { JsonObject } from "../../canonical/json.ts";
import type { Answer, Ask } from "../brain/ask.ts";
import type { Frames, Meta } from "../face.ts";
import { type Extras, extrasOf, grounding, logprobs } from "./extras.ts";
import { normal } from "./normal.ts";
import { piecesOf } from "./pieces.ts";
import { UsageWriter } from "./usage.ts";
import { blocked, ending, isBlocked } from "./write.ts";

/** With `alt=sse`: events whose lines end in CR LF, as the service sends them. There is no end marker. */
export const writeEvents = (ask: Ask, answers: readonly Answer[], meta: Meta): Frames => {
  const writer = new ChunkWriter(ask, answers, meta);
  writer.write();
  const { outputTokens } = writer;
  return { texts: writer.chunks.map((chunk) => `data: ${chunk}\r\n\r\n`), outputTokens };
};

/** Without: one JSON array, an element at a time. */
export const writeElements = (ask: Ask, answers: readonly Answer[], meta: Meta): Frames => {
  const writer = new ChunkWriter(ask, answers, meta);
  writer.write();
  const texts = writer.chunks.map((chunk, i) => `${i === 0 ? "[" : ",\r\n"}${chunk}`);
  return { texts: [...texts, "\r\n]"], outputTokens: [...writer.outputTokens, writer.outputTokens.at(-1) ?? 0] };
};

class ChunkWriter {
  readonly chunks: string[] = [];
  readonly outputTokens: number[] = [];
  readonly #ask: Ask;
  readonly #answers: readonly Answer[];
  readonly #meta: Meta;
  readonly #extras: Extras;
  readonly #usage: UsageWriter;
  #thoughts = 0;
  #candidates = 0;

  constructor(ask: Ask, answers: readonly Answer[], meta: Meta) {
    const request = normal(meta.body);
    this.#ask = ask;
    this.#answers = answers;
    this.#meta = meta;
    this.#extras = extrasOf(request);
    this.#usage = new UsageWriter(ask, request, this.#extras);
  }

  write(): void {
    if (isBlocked(this.#answers)) this.#chunk(blocked, true);
    else for (const [index, answer] of this.#answers.entries()) this.#candidate(index, answer);
    if (this.#meta.usage === "twice") this.#chunk({}, true);
  }

  #candidate(index: number, answer: Answer): void {
    const pieces = piecesOf(this.#ask, answer, index, this.#extras, this.#meta);
    let position = 0;
    for (const [i, { parts, thoughtTokens, tokens, text }] of pieces.entries()) {
      this.#thoughts += thoughtTokens;
      this.#candidates += tokens;
      if (parts.length === 0) continue;
      const last = i === pieces.length - 1;
      const candidate: JsonObject = {
        content: { parts, role: "model" },
        ...(last && ending(answer, this.#meta.behaviour)),
        index,
        ...(text !== undefined &&
          this.#ask.logprobs !== undefined && { logprobsResult: logprobs([text], position, this.#ask.logprobs) }),
        ...(last && this.#extras.search && answer.text.length > 0 && { groundingMetadata: grounding(answer.text.join("")) }),
      };
      if (text !== undefined) position++;
      this.#chunk({ candidates: [candidate] }, last && index === this.#answers.length - 1);
    }
  }

  #chunk(content: JsonObject, last: boolean): void {
    const { usage, id } = this.#meta;
    const stated = usage === "misplaced" ? this.chunks.length === 0 && !last : usage !== "none";
    this.chunks.push(
      JSON.stringify({
        ...content,
        ...(stated && { usageMetadata: this.#usage.write({ thoughts: this.#thoughts, candidates: this.#candidates }) }),
        modelVersion: this.#ask.model,
        responseId: id,
      }),
    );
    this.outputTokens.push(this.#thoughts + this.#candidates);
  }
}
