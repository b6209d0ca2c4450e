import type { Json } from "../../canonical/json.ts";
import type { Answer, Ask } from "../brain/ask.ts";
import { tokens } from "../brain/tokens.ts";
import type { Frames, Meta } from "../face.ts";
import { usageOf } from "./usage.ts";
import { finishReason, tokenLogprob } from "./write.ts";

/**
 * A stream of `chat.completion.chunk`s. Usage stands as OpenAI has it: with `include_usage` every chunk says `usage: null`
 * and one chunk without choices follows; without it nothing is said.
 */
export function writeFrames(ask: Ask, answers: readonly Answer[], meta: Meta): Frames {
  const writer = new ChunkWriter(ask, answers, meta);
  for (const [index, answer] of answers.entries()) writer.choice(index, answer);
  writer.close();
  return writer;
}

class ChunkWriter implements Frames {
  readonly texts: string[] = [];
  readonly outputTokens: number[] = [];
  readonly #ask: Ask;
  readonly #answers: readonly Answer[];
  readonly #meta: Meta;
  readonly #head: string;
  readonly #tail: string;
  #delivered = 0;

  constructor(ask: Ask, answers: readonly Answer[], meta: Meta) {
    this.#ask = ask;
    this.#answers = answers;
    this.#meta = meta;
    this.#head = `data: {"id":${JSON.stringify(meta.id)},"object":"chat.completion.chunk","created":${meta.createdAt},"model":${JSON.stringify(ask.model)},"service_tier":"default","system_fingerprint":"fp_simulator","choices":[`;
    this.#tail = ask.usageInStream && meta.usage !== "none" ? `],"usage":null}\n\n` : "]}\n\n";
  }

  choice(index: number, answer: Answer): void {
    const silent = answer.text.length === 0 && (answer.calls.length > 0 || answer.refusal.length > 0);
    const opening = answer.refusal.length > 0 ? `"refusal":""` : `"refusal":null`;
    this.#chunk(index, `{"role":"assistant","content":${silent ? "null" : `""`},${opening}}`, 0);
    const field = this.#meta.behaviour.thoughtField ?? "reasoning_content";
    for (const token of answer.thinking) this.#chunk(index, `{${JSON.stringify(field)}:${JSON.stringify(token)}}`, 1);
    if (answer.thinking.length === 0) this.#delivered += answer.thinkingTokens;
    for (const [i, token] of answer.refusal.entries()) this.#text(index, "refusal", token, i);
    for (const [i, token] of answer.text.entries()) this.#text(index, "content", token, i);
    for (const [i, call] of answer.calls.entries()) this.#call(index, i, call);
    this.#last(index, finishReason(answer.finish));
  }

  #text(index: number, field: "content" | "refusal", token: string, position: number): void {
    const top = this.#ask.logprobs;
    const logprobs: Json =
      top === undefined ? null : { content: null, refusal: null, [field]: [tokenLogprob(token, position, top)] };
    this.#chunk(index, `{"${field}":${JSON.stringify(token)}}`, 1, logprobs);
  }

  #call(index: number, position: number, call: Answer["calls"][number]): void {
    const [type, field] = call.kind === "custom" ? ["custom", "input"] : ["function", "arguments"];
    const name = JSON.stringify(call.name);
    this.#chunk(
      index,
      `{"tool_calls":[{"index":${position},"id":${JSON.stringify(call.id)},"type":"${type}","${type}":{"name":${name},"${field}":""}}]}`,
      0,
    );
    for (const token of tokens(call.arguments)) {
      this.#chunk(index, `{"tool_calls":[{"index":${position},"${type}":{"${field}":${JSON.stringify(token)}}}]}`, 1);
    }
  }

  #chunk(index: number, delta: string, tokenCount: number, logprobs: Json = null): void {
    this.#delivered += tokenCount;
    const written = logprobs === null ? "null" : JSON.stringify(logprobs);
    const tail = this.#meta.usage === "cumulative" && tokenCount > 0 ? this.#usageTail(this.#delivered) : this.#tail;
    this.#push(`${this.#head}{"index":${index},"delta":${delta},"logprobs":${written},"finish_reason":null}${tail}`);
  }

  #last(index: number, reason: string): void {
    const tail = this.#meta.usage === "misplaced" ? this.#usageTail() : this.#tail;
    this.#push(`${this.#head}{"index":${index},"delta":{},"logprobs":null,"finish_reason":"${reason}"}${tail}`);
  }

  close(): void {
    const { usage } = this.#meta;
    const wanted = (this.#ask.usageInStream && usage === "normal") || usage === "twice" || usage === "cumulative";
    const times = usage === "twice" ? 2 : wanted ? 1 : 0;
    for (let i = 0; i < times; i++) this.#push(this.#head + this.#usageTail());
    this.#push("data: [DONE]\n\n");
  }

  #usageTail(outputTokens?: number): string {
    return `],"usage":${JSON.stringify(usageOf(this.#ask, this.#answers, outputTokens))}}\n\n`;
  }

  #push(text: string): void {
    this.texts.push(text);
    this.outputTokens.push(this.#delivered);
  }
}
