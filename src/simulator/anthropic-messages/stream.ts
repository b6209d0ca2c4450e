import type { Json, JsonObject } from "../../canonical/json.ts";
import type { Answer, Ask } from "../brain/ask.ts";
import { tokens } from "../brain/tokens.ts";
import type { Frames, Meta } from "../face.ts";
import { deltaUsageOf, usageOf } from "./usage.ts";
import { stopDetails, stopReason, thinks } from "./write.ts";

/** A stream of Messages events: message_start, blocks opened, filled and closed one after another, message_delta, message_stop. */
export function writeFrames(ask: Ask, answers: readonly Answer[], meta: Meta): Frames {
  const answer = answers[0];
  if (!answer) throw new Error("the simulator made no answer");
  const writer = new EventWriter(ask, answer, meta);
  writer.write();
  return writer;
}

class EventWriter implements Frames {
  readonly texts: string[] = [];
  readonly outputTokens: number[] = [];
  readonly #ask: Ask;
  readonly #answer: Answer;
  readonly #meta: Meta;
  #delivered = 0;
  #index = 0;

  constructor(ask: Ask, answer: Answer, meta: Meta) {
    this.#ask = ask;
    this.#answer = answer;
    this.#meta = meta;
  }

  write(): void {
    const answer = this.#answer;
    this.#messageStart();
    if (thinks(this.#ask)) this.#thinking();
    else this.#delivered += answer.thinkingTokens;
    if (answer.redacted) {
      this.#start({ type: "redacted_thinking", data: this.#meta.signer.redact(this.#meta.id) });
      this.#stop();
    }
    const text = answer.refusal.length > 0 ? answer.refusal : answer.text;
    if (text.length > 0) this.#text(text);
    for (const call of answer.calls) this.#call(call);
    this.#messageDelta(answer.outputTokens);
    if (this.#meta.usage === "twice") this.#messageDelta(answer.outputTokens);
    this.#event("message_stop", `{"type":"message_stop"}`);
  }

  #messageStart(): void {
    const { usage, id } = this.#meta;
    // An output count of 1 before anything was written is what the service really says.
    const stated = usageOf(this.#ask, usage === "misplaced" ? this.#answer.outputTokens : 1, 0);
    const message = {
      model: this.#ask.model,
      id,
      type: "message",
      role: "assistant",
      content: [],
      stop_reason: null,
      stop_sequence: null,
      stop_details: null,
      container: null,
      ...(usage !== "none" && { usage: stated }),
    };
    this.#event("message_start", JSON.stringify({ type: "message_start", message }));
  }

  #thinking(): void {
    const { thinking, thinkingTokens } = this.#answer;
    this.#start({ type: "thinking", thinking: "", signature: "" });
    for (const token of thinking) this.#delta("thinking_delta", "thinking", token, 1);
    if (thinking.length === 0) this.#delivered += thinkingTokens;
    this.#delta("signature_delta", "signature", this.#meta.signer.sign("thinking", thinking.join("")), 0);
    this.#stop();
  }

  #text(text: readonly string[]): void {
    this.#start({ type: "text", text: "", citations: null });
    for (const token of text) this.#delta("text_delta", "text", token, 1);
    this.#stop();
  }

  #call(call: Answer["calls"][number]): void {
    this.#start({ type: "tool_use", id: call.id, name: call.name, input: {}, caller: { type: "direct" } });
    this.#delta("input_json_delta", "partial_json", "", 0);
    for (const token of tokens(call.arguments)) this.#delta("input_json_delta", "partial_json", token, 1);
    this.#stop();
  }

  #start(block: JsonObject): void {
    this.#event(
      "content_block_start",
      `{"type":"content_block_start","index":${this.#index},"content_block":${JSON.stringify(block)}}`,
    );
    if (this.#index === 0) this.#event("ping", `{"type":"ping"}`);
  }

  #delta(type: string, field: string, text: string, tokenCount: number): void {
    this.#delivered += tokenCount;
    const written = JSON.stringify(text);
    this.#event(
      "content_block_delta",
      `{"type":"content_block_delta","index":${this.#index},"delta":{"type":"${type}","${field}":${written}}}`,
    );
    if (this.#meta.usage === "cumulative" && tokenCount > 0) this.#messageDelta(this.#delivered, null);
  }

  #stop(): void {
    this.#event("content_block_stop", `{"type":"content_block_stop","index":${this.#index}}`);
    this.#index++;
  }

  #messageDelta(outputTokens: number, reason: Json = stopReason(this.#answer.finish)): void {
    const final = reason !== null;
    const delta = {
      stop_reason: reason,
      stop_sequence: final ? (this.#answer.stopSequence ?? null) : null,
      stop_details: final ? stopDetails(this.#answer.finish) : null,
      container: null,
    };
    const silent = this.#meta.usage === "none" || this.#meta.usage === "misplaced";
    const usage = silent ? {} : { usage: deltaUsageOf(this.#ask, outputTokens, this.#answer) };
    this.#event("message_delta", JSON.stringify({ type: "message_delta", delta, ...usage }));
  }

  #event(name: string, data: string): void {
    this.texts.push(`event: ${name}\ndata: ${data}\n\n`);
    this.outputTokens.push(this.#delivered);
  }
}
