import type { Message } from "../../canonical/chat.ts";
import { formatDollars } from "../../canonical/cost.ts";
import type { Answer } from "./backend.ts";

/** What was said in a conversation, and what it has taken. */
export class Conversation {
  model: string;
  system: string | undefined;
  #turns: Message[] = [];
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
    this.#turns = [...this.#turns, textMessage("user", text)];
  }

  take({ message, input, output, costUsd }: Answer): void {
    this.#turns = [...this.#turns, message];
    this.#answers++;
    this.#input += input ?? 0;
    this.#output += output ?? 0;
    if (input === undefined) this.#withoutUsage++;
    if (costUsd === undefined) this.#withoutCost++;
    else this.#costNano += nanoOf(costUsd);
  }

  /** The answer under way ends here. Gives whether there was one: if not, its question is forgotten too. */
  breakOff(text: string): boolean {
    this.#turns = text === "" ? this.#turns.slice(0, -1) : [...this.#turns, textMessage("assistant", text)];
    return text !== "";
  }

  /** Takes the last answer back. Gives whether there was one. */
  takeBack(): boolean {
    if (this.#turns.at(-1)?.role !== "assistant") return false;
    this.#turns = this.#turns.slice(0, -1);
    return true;
  }

  clear(): void {
    this.#turns = [];
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
