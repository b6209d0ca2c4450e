import type { Message } from "../../canonical/chat.ts";
import { formatDollars } from "../../canonical/cost.ts";
import type { Answer } from "./backend.ts";

/** What was said in a conversation, and what it has taken. */
export class Conversation {
  model: string;
  system: string | undefined;
  #turns: Message[] = [];
  /** The answer that is being asked for once more: it is back where the other does not come. */
  #before: Message | undefined;
  /** The last question, where it was not answered at all. */
  #aside: Message | undefined;
  #answers = 0;
  #input = 0;
  #output = 0;
  #costNano = 0n;
  #withoutCost = 0;
  #withoutUsage = 0;

  constructor(model: string, system: string | undefined) {
    this.model = model;
    this.system = system;
  }

  /** As they are sent. */
  get messages(): readonly Message[] {
    return this.system === undefined ? this.#turns : [textMessage("system", this.system), ...this.#turns];
  }

  get isEmpty(): boolean {
    return this.#turns.length === 0;
  }

  ask(text: string): void {
    this.#before = undefined;
    this.#aside = undefined;
    this.#turns = [...this.#turns, textMessage("user", text)];
  }

  take({ message, input, output, costUsd }: Answer): void {
    this.#turns = [...this.#turns, message];
    this.#before = undefined;
    this.#answers++;
    this.#input += input ?? 0;
    this.#output += output ?? 0;
    if (input === undefined) this.#withoutUsage++;
    if (costUsd === undefined) this.#withoutCost++;
    else this.#costNano += nanoOf(costUsd);
  }

  /**
   * The answer under way ends here, `text` being what there is of it. Where it was to take an earlier one's place, that one is
   * back; else what there is is kept; and where there is nothing, the question is set aside, for `again`.
   */
  breakOff(text: string): "restored" | "kept" | "aside" {
    const before = this.#before;
    this.#before = undefined;
    if (before !== undefined) this.#turns = [...this.#turns, before];
    else if (text !== "") this.#turns = [...this.#turns, textMessage("assistant", text)];
    else {
      this.#aside = this.#turns.at(-1);
      this.#turns = this.#turns.slice(0, -1);
      return "aside";
    }
    return before === undefined ? "kept" : "restored";
  }

  /** Puts the last question once more, whether it was answered or not. Gives whether there is one. */
  again(): boolean {
    const last = this.#turns.at(-1);
    if (this.#aside !== undefined) {
      this.#turns = [...this.#turns, this.#aside];
      this.#aside = undefined;
    } else if (last?.role === "assistant") {
      this.#before = last;
      this.#turns = this.#turns.slice(0, -1);
    } else return false;
    return true;
  }

  clear(): void {
    this.#turns = [];
    this.#aside = undefined;
  }

  /** What it has taken so far, on one line. */
  get cost(): string {
    const cost = this.#withoutCost === this.#answers ? "cost not known" : `$${formatDollars(this.#costNano)}`;
    const partly = this.#withoutCost > 0 && this.#withoutCost < this.#answers;
    return [
      `${this.#answers} ${this.#answers === 1 ? "answer" : "answers"}`,
      `${this.#input.toLocaleString("en-US")} tokens in, ${this.#output.toLocaleString("en-US")} out`,
      `${cost}${partly ? ` and what ${this.#withoutCost} of unknown price cost` : ""}`,
      ...(this.#withoutUsage > 0 ? [`${this.#withoutUsage} without usage`] : []),
    ].join(" · ");
  }

  /** For people. */
  markdown(): string {
    const turns = this.messages.map(({ role, content }) => `## ${role}\n\n${textOf(content)}\n`);
    return `# Conversation with ${this.model}\n\n${turns.join("\n")}`;
  }

  /** For programs: the messages of a request. */
  json(): string {
    const messages = this.messages.map(({ role, content }) => ({ role, content: textOf(content) }));
    return `${JSON.stringify({ model: this.model, messages }, undefined, 2)}\n`;
  }
}

const textMessage = (role: Message["role"], text: string): Message => ({ role, content: [{ type: "text", text }] });

const textOf = (content: Message["content"]): string =>
  content.map((part) => (part.type === "text" || part.type === "refusal" ? part.text : "")).join("");

/** Of dollars with at most nine digits behind the point. */
function nanoOf(dollars: string): bigint {
  const [whole = "0", part = ""] = dollars.split(".");
  return /^\d+$/.test(whole) && /^\d*$/.test(part) ? BigInt(whole + part.padEnd(9, "0").slice(0, 9)) : 0n;
}
