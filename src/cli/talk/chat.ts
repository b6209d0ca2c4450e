import type { LineReader } from "../../machine/contract.ts";
import type { Ports } from "../ports.ts";
import { type Paint, paintFor } from "../terminal/paint.ts";
import { Progress } from "../terminal/progress.ts";
import { oneLine, SafeText } from "../terminal/text.ts";
import { type Answer, type Backend, NoAnswer } from "./backend.ts";
import { commandNames, runCommand } from "./chat-commands.ts";
import { Conversation } from "./conversation.ts";
import { footer, unfinished } from "./footer.ts";
import { type BackendFlags, chooseModel, listModels, openBackend } from "./open.ts";
import { toldOf } from "./told.ts";

export interface ChatFlags extends BackendFlags {
  readonly system?: string | undefined;
  readonly maxTokens?: number | undefined;
  readonly thoughts: boolean;
}

/** `polygate chat`: a conversation in the terminal, or with the lines of standard input. Resolves to the exit code. */
export async function chatCommand(model: string | undefined, flags: ChatFlags, ports: Ports): Promise<number> {
  const backend = await openBackend(flags, ports);
  try {
    const chosen = await chooseModel(model, backend, ports);
    return await new Chat(backend, new Conversation(chosen, flags.system), flags, ports).run();
  } finally {
    await backend.close();
  }
}

/** One session of `polygate chat`. */
class Chat {
  readonly #backend: Backend;
  readonly #conversation: Conversation;
  readonly #flags: ChatFlags;
  readonly #ports: Ports;
  readonly #paint: Paint;
  readonly #lines: LineReader;
  /** Model names, once they are known, for completion. */
  #models: readonly string[] = [];
  #answering: AbortController | undefined;
  #stopped = false;
  #failed = false;

  constructor(backend: Backend, conversation: Conversation, flags: ChatFlags, ports: Ports) {
    this.#backend = backend;
    this.#conversation = conversation;
    this.#flags = flags;
    this.#ports = ports;
    this.#paint = paintFor(ports, "out");
    this.#lines = ports.readLines({ complete: (line) => this.#complete(line), onInterrupt: () => this.#interrupt() });
  }

  async run(): Promise<number> {
    const { terminal } = this.#ports;
    const forgets = [this.#ports.onStop(() => this.#stop()), this.#ports.onOutputLost(() => this.#stop())];
    if (terminal.in) {
      this.#say(`${this.#conversation.model}, by ${this.#backend.where}. /help tells what else there is, Ctrl-D ends.`);
      void listModels(this.#backend, this.#ports).then(
        ({ models }) => {
          this.#models = models.map(({ id }) => id);
        },
        () => {},
      );
    }
    try {
      while (!this.#stopped) {
        const text = await this.#message();
        if (text === undefined) break;
        if (text.trim() === "") continue;
        if (text.startsWith("/") && !text.startsWith("//")) {
          const outcome = await runCommand(text, {
            conversation: this.#conversation,
            backend: this.#backend,
            ports: this.#ports,
            say: (line) => this.#say(line),
          });
          if (outcome === "end") break;
          if (outcome !== "again") continue;
        } else this.#conversation.ask(text.startsWith("//") ? text.slice(1) : text);
        await this.#answer();
      }
    } finally {
      for (const forget of forgets) forget();
      this.#lines.close();
    }
    if (terminal.in) this.#ports.out("");
    return this.#stopped ? 130 : this.#failed && !terminal.in ? 1 : 0;
  }

  /** What the user says next, over as many lines as it takes. */
  async #message(): Promise<string | undefined> {
    const first = await this.#lines.next(this.#paint("bold", "> "));
    if (first === undefined) return undefined;
    const block = first.trim() === '"""';
    const lines = block ? [] : [first];
    while (block || lines.at(-1)?.endsWith("\\") === true) {
      const next = await this.#lines.next(this.#paint("dim", "… "));
      if (next === undefined || (block && next.trim() === '"""')) break;
      if (!block) lines[lines.length - 1] = lines.at(-1)?.slice(0, -1) ?? "";
      lines.push(next);
    }
    return lines.join("\n");
  }

  async #answer(): Promise<void> {
    const calledOff = new AbortController();
    this.#answering = calledOff;
    const screen = new Screen(this.#ports, this.#paint, this.#flags.thoughts);
    const { model } = this.#conversation;
    screen.wait(`${oneLine(model)} …`);
    try {
      const messages = this.#conversation.messages;
      const question = { model, messages, strict: false, stream: true, maxTokens: this.#flags.maxTokens };
      const answer = await this.#backend.ask(question, calledOff.signal, ({ kind, text }) => screen.print(kind, text));
      screen.end();
      this.#conversation.take(answer);
      this.#after(answer);
    } catch (thrown) {
      screen.end();
      if (!(thrown instanceof NoAnswer)) throw thrown;
      const kept = this.#conversation.breakOff(thrown.text);
      this.#failed = true;
      for (const line of thrown.cancelled ? [] : toldOf(thrown, this.#backend, this.#ports)) this.#ports.err(line);
      this.#broke(kept, thrown.cancelled);
    } finally {
      this.#answering = undefined;
    }
  }

  /** Says where the conversation stands after an answer that did not come. */
  #broke(kept: ReturnType<Conversation["breakOff"]>, cancelled: boolean): void {
    const off = cancelled ? "called off; " : "";
    switch (kept) {
      case "restored":
        this.#say(`(${off}the answer from before is kept; /retry asks for another again)`);
        break;
      case "aside":
        this.#say(`(${off}/retry asks this again, after /model NAME another model)`);
        break;
      case "kept":
        if (cancelled) this.#say("(called off; what there is of the answer is kept)");
        break;
    }
  }

  #after(answer: Answer): void {
    const { err } = this.#ports;
    const paint = paintFor(this.#ports, "err");
    for (const warning of answer.warnings) err(paint("yellow", `warning: ${oneLine(warning, 400)}`));
    const cut = unfinished(answer.finish);
    if (cut !== undefined) err(paint("yellow", `warning: ${cut}`));
    if (this.#ports.terminal.in) this.#say(footer(answer));
  }

  #interrupt(): void {
    if (this.#answering !== undefined) this.#answering.abort();
    else this.#lines.clearLine();
  }

  /** Told to end from outside. */
  #stop(): void {
    this.#stopped = true;
    this.#answering?.abort();
    this.#lines.close();
  }

  #complete(line: string): readonly string[] {
    if (!line.startsWith("/")) return [];
    const named = /^\/model (.*)$/.exec(line)?.[1];
    if (named === undefined) return commandNames.filter((name) => name.startsWith(line)).map((name) => `${name} `);
    return this.#models.filter((id) => id.startsWith(named)).map((id) => `/model ${id}`);
  }

  /** Something about the conversation. In a pipe only answers go to stdout. */
  #say(line: string): void {
    if (this.#ports.terminal.out) this.#ports.out(this.#paint("dim", line));
    else this.#ports.err(line);
  }
}

/** The part of the terminal that an answer is written to. */
class Screen {
  readonly #ports: Ports;
  readonly #paint: Paint;
  readonly #thoughts: boolean;
  readonly #progress: Progress;
  readonly #safe = new SafeText();
  #kind: "text" | "thought" | undefined;
  #open = false;

  constructor(ports: Ports, paint: Paint, thoughts: boolean) {
    this.#ports = ports;
    this.#paint = paint;
    this.#thoughts = thoughts && ports.terminal.out;
    this.#progress = new Progress(ports);
  }

  wait(text: string): void {
    this.#progress.show(text);
  }

  print(kind: "text" | "thought", text: string): void {
    if (kind === "thought" && !this.#thoughts) return;
    const shown = this.#ports.terminal.out ? this.#safe.push(text) : text;
    if (shown === "") return;
    this.#progress.clear();
    if (this.#kind === "thought" && kind === "text") this.#ports.write("\n\n", "out");
    this.#kind = kind;
    this.#ports.write(kind === "thought" ? this.#paint("dim", shown) : shown, "out");
    this.#open = !shown.endsWith("\n");
  }

  end(): void {
    this.#progress.clear();
    if (this.#open) this.#ports.write("\n", "out");
    this.#open = false;
  }
}
