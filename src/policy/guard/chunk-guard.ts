import type { ChatChunk } from "../../canonical/chat.ts";
import type { Operation, Operations } from "../../canonical/operations.ts";
import type { Part } from "../../canonical/parts.ts";
import type { Lane, LaneFilter, Lanes } from "./lanes.ts";
import { beginning } from "./whole-output.ts";

type Chunk<Op extends Operation> = Operations[Op]["chunk"];

/** A part that is open. */
interface OpenPart<Op extends Operation> {
  readonly filter: LaneFilter;
  /** A beginning that came with text, kept until what follows is known; and as much of its text as may pass. */
  start: Chunk<Op> | undefined;
  startText: string;
  /** A piece of text: the pattern for one that must be made. */
  delta: Chunk<Op> | undefined;
}

/** Looks through the chunks of an answer, part by part. Throws GatewayError `content_policy` where a rule refuses. */
export class ChunkGuard<Op extends Operation> {
  readonly #lanes: Lanes;
  readonly #choices = new Map<number, Map<number, OpenPart<Op>>>();
  #left: number;

  /** @param most characters that the answer may have */
  constructor(lanes: Lanes, most: number) {
    this.#lanes = lanes;
    this.#left = most;
  }

  /** The answer has all the characters that it may have: nothing more is to be passed. */
  get full(): boolean {
    return this.#left < 0;
  }

  pass(chunk: Chunk<Op>): readonly Chunk<Op>[] {
    switch (chunk.type) {
      // Of a stream that was to be relayed: its terminal says it again.
      case "error":
        return [];
      case "part-start":
        return this.#start(chunk, chunk.choice, chunk.part, chunk.content);
      case "part-delta":
        return this.#delta(chunk, chunk.choice, chunk.part);
      case "part-end":
        return [...this.#close(chunk.choice, chunk.part), chunk];
      case "finish":
        return [...this.#closeAll(chunk.choice), chunk];
      case "start":
      case "usage":
      case "ping":
      case "progress":
        return [chunk];
    }
  }

  /** What is held back of all that is open. */
  flush(): readonly Chunk<Op>[] {
    return [...this.#choices.keys()].flatMap((choice) => this.#closeAll(choice));
  }

  #start(chunk: Chunk<Op>, choice: number, part: number, content: Part): readonly Chunk<Op>[] {
    if (content.type === "tool-call") this.#lanes.check(content.name, choice);
    const lane = laneOf(content);
    if (lane === undefined) return [withContent(chunk, this.#lanes.whole(content, choice))];
    const open: OpenPart<Op> = { filter: this.#lanes.filter(lane, choice), start: undefined, startText: "", delta: undefined };
    const parts = this.#choices.get(choice) ?? new Map<number, OpenPart<Op>>();
    parts.set(part, open);
    this.#choices.set(choice, parts);
    const text = textOf(content);
    const cited = content.type === "text" ? { ...content, citations: this.#lanes.whole(content.citations, choice) } : content;
    const made =
      content.type === "text" && cited.type === "text" && cited.citations !== content.citations
        ? withContent(chunk, cited)
        : chunk;
    if (text === "") return [made];
    open.start = made;
    open.startText = this.#counted(open.filter.push(text));
    return this.full ? this.#begun(open) : [];
  }

  #delta(chunk: Chunk<Op>, choice: number, part: number): readonly Chunk<Op>[] {
    if (chunk.type !== "part-delta") return [chunk];
    const open = this.#choices.get(choice)?.get(part);
    const { delta } = chunk;
    switch (delta.type) {
      case "text":
      case "reasoning":
      case "refusal":
      case "arguments":
        if (open === undefined) return [chunk];
        return this.#said(open, chunk, delta.text);
      case "audio":
        if (open === undefined || delta.transcript === undefined) return [chunk];
        return this.#said(open, chunk, delta.transcript);
      case "signature": {
        if (open === undefined) return [chunk];
        const rest = this.#rest(open);
        // It was signed as it was.
        return open.filter.touched ? rest : [...rest, chunk];
      }
      case "citation":
        return [...this.#begun(open), withDelta(chunk, { ...delta, citation: this.#lanes.whole(delta.citation, choice) })];
      case "opaque":
        return [...this.#begun(open), withDelta(chunk, { ...delta, value: this.#lanes.whole(delta.value, choice) })];
    }
  }

  #said(open: OpenPart<Op>, chunk: Chunk<Op>, given: string): readonly Chunk<Op>[] {
    const begun = this.#begun(open);
    open.delta = chunk;
    const text = this.#counted(open.filter.push(given));
    // Log probabilities spell the text out once more, and sounds say it.
    const made = this.#lanes.scanner.rewrites ? withoutTelling(chunk) : chunk;
    if (made === chunk && text === given) return [...begun, chunk];
    return text === "" && saysTextOnly(made) ? begun : [...begun, withText(made, text)];
  }

  /** A beginning that was kept. */
  #begun(open: OpenPart<Op> | undefined): readonly Chunk<Op>[] {
    const start = open?.start;
    if (open === undefined || start === undefined) return [];
    open.start = undefined;
    return [withText(start, open.startText)];
  }

  /** What is held back of a part. */
  #rest(open: OpenPart<Op>): readonly Chunk<Op>[] {
    const text = this.#counted(open.filter.end());
    if (open.start !== undefined) {
      open.startText += text;
      return this.#begun(open);
    }
    return text === "" || open.delta === undefined ? [] : [withText(withoutTelling(open.delta), text)];
  }

  #close(choice: number, part: number): readonly Chunk<Op>[] {
    const parts = this.#choices.get(choice);
    const open = parts?.get(part);
    if (open === undefined) return [];
    parts?.delete(part);
    return this.#rest(open);
  }

  #closeAll(choice: number): readonly Chunk<Op>[] {
    const parts = this.#choices.get(choice);
    return parts === undefined ? [] : [...parts.keys()].flatMap((part) => this.#close(choice, part));
  }

  /** As much of the text as the answer may still have. */
  #counted(text: string): string {
    if (this.#left < 0) return "";
    this.#left -= text.length;
    return this.#left < 0 ? beginning(text, text.length + this.#left) : text;
  }
}

function laneOf(part: Part): Lane | undefined {
  switch (part.type) {
    case "text":
      return "text";
    case "refusal":
    case "audio":
      return "said";
    case "reasoning":
      return "thoughts";
    case "tool-call":
      return part.kind === "custom" ? "said" : "arguments";
    case "image":
    case "video":
    case "document":
    case "tool-result":
    case "opaque":
      return undefined;
  }
}

function textOf(part: Part): string {
  if ("text" in part) return part.text;
  if (part.type === "tool-call") return part.arguments;
  return part.type === "audio" ? (part.transcript ?? "") : "";
}

const saysTextOnly = (chunk: ChatChunk): boolean =>
  chunk.type !== "part-delta" || chunk.delta.type !== "audio" || chunk.delta.data === undefined;

function withText<C extends ChatChunk>(chunk: C, text: string): C {
  if (chunk.type === "part-start") {
    const { content } = chunk;
    if ("text" in content) return withContent(chunk, { ...content, text });
    if (content.type === "tool-call") return withContent(chunk, { ...content, arguments: text });
    return content.type === "audio" ? withContent(chunk, { ...content, transcript: text }) : chunk;
  }
  if (chunk.type !== "part-delta") return chunk;
  const { delta } = chunk;
  if ("text" in delta) return withDelta(chunk, { ...delta, text });
  return delta.type === "audio" ? withDelta(chunk, { ...delta, transcript: text }) : chunk;
}

/** A piece of text with nothing else in it. */
function withoutTelling<C extends ChatChunk>(chunk: C): C {
  if (chunk.type !== "part-delta") return chunk;
  const { delta } = chunk;
  if (delta.type === "audio" && delta.data !== undefined) return withDelta(chunk, { ...delta, data: undefined });
  return "logprobs" in delta && delta.logprobs !== undefined ? withDelta(chunk, { ...delta, logprobs: undefined }) : chunk;
}

const withContent = <C extends ChatChunk>(chunk: C, content: Part): C => ({ ...chunk, content });

const withDelta = <C extends ChatChunk>(chunk: C, delta: Extract<ChatChunk, { type: "part-delta" }>["delta"]): C => ({
  ...chunk,
  delta,
});
