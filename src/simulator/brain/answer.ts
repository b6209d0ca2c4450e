import type { Behaviour } from "../models.ts";
import type { Answer, Ask, Finish, MadeCall, OfferedTool } from "./ask.ts";
import { invent } from "./invent.ts";
import { tokens } from "./tokens.ts";

/** Gives the ids of tool calls, each once. */
export type MintId = () => string;

const refusal = "I can't help with that.";
const thought = "The caller wants an answer, so I repeat what was said.";

/** The simulator's model: the same question always gets the same answer. One answer per choice asked for. */
export function answer(ask: Ask, behaviour: Behaviour, mint: MintId): readonly Answer[] {
  const answers: Answer[] = [];
  for (let choice = 0; choice < ask.choices; choice++) answers.push(one(ask, behaviour, mint, choice));
  return answers;
}

function one(ask: Ask, behaviour: Behaviour, mint: MintId, choice: number): Answer {
  const room = new Room(ask.maxTokens ?? Number.POSITIVE_INFINITY);
  const thinking = ask.thinking === "no" ? [] : room.take(tokens(thought));
  const thinkingTokens = thinking.length;
  const done = (part: Partial<Answer>, finish: Finish, stopSequence?: string): Answer => ({
    thinking: ask.thinking === "shown" ? thinking : [],
    redacted: behaviour.redacted === true && ask.thinking !== "no",
    text: [],
    refusal: [],
    calls: [],
    ...part,
    finish: room.full && finish !== "refusal" ? "length" : finish,
    stopSequence,
    outputTokens: room.used,
    thinkingTokens,
  });
  if (behaviour.kind === "refuse") return done({ refusal: room.take(tokens(refusal)) }, "refusal");
  const wanted = toCall(ask, behaviour);
  if (wanted.length > 0 && behaviour.kind !== "filter") {
    const text = behaviour.speaksBeforeCalls
      ? room.take(tokens(`I will call ${wanted.map((tool) => tool.name).join(" and ")}.`))
      : [];
    return done({ text, calls: calls(wanted, room, mint, choice, behaviour.sameName !== undefined) }, "tool-calls");
  }
  const whole = spoken(ask, behaviour, choice);
  const cut = cutAtStop(whole, ask.stop);
  const text = room.take(behaviour.kind === "filter" ? tokens(cut.text).slice(0, 1) : tokens(cut.text));
  if (behaviour.kind === "filter") return done({ text }, "filter");
  return cut.stop === undefined ? done({ text }, "stop") : done({ text }, "stop-sequence", room.full ? undefined : cut.stop);
}

function toCall(ask: Ask, behaviour: Behaviour): readonly OfferedTool[] {
  const choosing = ask.choosing;
  switch (choosing.type) {
    case "none":
      return [];
    case "tool":
      return ask.tools.filter((tool) => tool.name === choosing.name).slice(0, 1);
    case "auto":
    case "required": {
      const first = ask.tools[0];
      if (first === undefined || (choosing.type === "auto" && isAnswered(ask, behaviour))) return [];
      if (behaviour.kind !== "parallel" || !ask.parallel) return [first];
      if (behaviour.sameName !== undefined) return Array.from({ length: behaviour.sameName }, () => first);
      return [first, ask.tools[1] ?? first];
    }
  }
}

const isAnswered = ({ results }: Ask, { insists }: Behaviour): boolean =>
  results.length > 0 && !(insists === true && results.some(({ text }) => /\bagain\b/.test(text)));

function calls(wanted: readonly OfferedTool[], room: Room, mint: MintId, choice: number, varied: boolean): readonly MadeCall[] {
  const made: MadeCall[] = [];
  for (const [i, tool] of wanted.entries()) {
    if (i > 0 && room.full) break;
    const nth = choice + (i > 0 && wanted[0] === tool ? i : 0);
    const text =
      tool.kind === "custom"
        ? `sample input ${nth + 1}`
        : JSON.stringify(invent(tool.schema ?? { type: "object" }, varied ? i : 0));
    made.push({ id: mint(), name: tool.name, kind: tool.kind, arguments: room.take(tokens(text)).join("") });
  }
  return made;
}

function spoken(ask: Ask, behaviour: Behaviour, choice: number): string {
  const suffix = choice === 0 ? "" : ` (choice ${choice + 1})`;
  if (behaviour.kind === "words") return Array.from({ length: behaviour.count }, (_, i) => `word${i}`).join(" ") + suffix;
  const said = ask.results.length > 0 ? quote(ask) : ask.said;
  if (ask.format?.schema && behaviour.breaksSchema) return '{"off":"schema"}';
  if (ask.format) return JSON.stringify(ask.format.schema ? invent(ask.format.schema) : { echo: said + suffix });
  return said === "" ? `Nothing was said.${suffix}` : said + suffix;
}

const quote = (ask: Ask): string =>
  `The tools say: ${ask.results.map((result) => `${result.name} -> ${result.text === "" ? "(nothing)" : result.text}`).join("; ")}`;

function cutAtStop(text: string, stops: readonly string[]): { readonly text: string; readonly stop: string | undefined } {
  let at = -1;
  let stop: string | undefined;
  for (const candidate of stops) {
    const found = candidate === "" ? -1 : text.indexOf(candidate);
    if (found >= 0 && (at < 0 || found < at)) {
      at = found;
      stop = candidate;
    }
  }
  return at < 0 ? { text, stop } : { text: text.slice(0, at), stop };
}

/** The token limit. `full` says that something had to be left out. */
class Room {
  readonly #limit: number;
  #used = 0;
  #full = false;

  constructor(limit: number) {
    this.#limit = limit;
  }

  take(pieces: readonly string[]): readonly string[] {
    const left = this.#limit - this.#used;
    if (pieces.length > left) this.#full = true;
    const taken = this.#full ? pieces.slice(0, Math.max(left, 0)) : pieces;
    this.#used += taken.length;
    return taken;
  }

  get used(): number {
    return this.#used;
  }

  get full(): boolean {
    return this.#full;
  }
}
