/** How a simulated model behaves. Every model calls tools when they are offered and the last turn held no results of them. */
export interface Behaviour {
  readonly kind: "echo" | "parallel" | "refuse" | "filter" | "words";
  /** words: how many. */
  readonly count: number;
  /** Always thinks aloud, asked or not. */
  readonly thinks?: boolean | undefined;
  /** OpenAI chat: the field its thoughts stand in. */
  readonly thoughtField?: "reasoning_content" | "reasoning" | undefined;
  readonly redacted?: boolean | undefined;
  readonly speaksBeforeCalls?: boolean | undefined;
  /** Gemini: signs nothing and asks for no signatures, as models before Gemini 3. */
  readonly unsigned?: boolean | undefined;
  /** Gemini: takes the documented values that stand for a signature. */
  readonly takesBypass?: boolean | undefined;
  /** Gemini: gives calls no ids. */
  readonly noCallIds?: boolean | undefined;
  /** Gemini: cut off as a recitation, where others are by a filter. */
  readonly recites?: boolean | undefined;
  /** Calls again where a result of the last turn says `again`, as agents do. */
  readonly insists?: boolean | undefined;
  /** parallel: so many calls of one tool; streamed each for itself where the wire sends calls whole. */
  readonly sameName?: number | undefined;
  /** Asked for a schema, answers JSON that does not follow it. */
  readonly breaksSchema?: boolean | undefined;
  /** Milliseconds between events, where the simulator's own pace is not to be used. */
  readonly paceMs?: number | undefined;
}

export interface ModelRow {
  readonly id: string;
  /** One line for `polygate simulate --list`. */
  readonly summary: string;
  readonly behaviour: Behaviour;
}

const echo: Behaviour = { kind: "echo", count: 0 };

/** The models that `GET /v1/models` lists. Any other name behaves as `echo`, except `missing`, which is answered with 404. */
export const models: readonly ModelRow[] = [
  { id: "echo", summary: "repeats the last thing the user said; calls the first tool when tools are offered", behaviour: echo },
  { id: "echo-slow", summary: "echo, 100 ms between events", behaviour: { ...echo, paceMs: 100 } },
  { id: "reasoner", summary: "thinks first: signed thinking blocks, or reasoning_content", behaviour: { ...echo, thinks: true } },
  {
    id: "reasoner-redacted",
    summary: "thinks first, partly redacted (Anthropic)",
    behaviour: { ...echo, thinks: true, redacted: true },
  },
  {
    id: "reasoner-field",
    summary: "thinks first, in the field `reasoning` (OpenAI chat as some providers speak it)",
    behaviour: { ...echo, thinks: true, thoughtField: "reasoning" },
  },
  { id: "tools", summary: "says a sentence before it calls a tool", behaviour: { ...echo, speaksBeforeCalls: true } },
  { id: "parallel", summary: "calls two tools at once", behaviour: { ...echo, kind: "parallel" } },
  { id: "same-name", summary: "calls one tool three times at once", behaviour: { ...echo, kind: "parallel", sameName: 3 } },
  { id: "agent", summary: "calls tools, and again while a result says `again`", behaviour: { ...echo, insists: true } },
  {
    id: "thinking-agent",
    summary: "an agent that thinks before every call and answer",
    behaviour: { ...echo, insists: true, thinks: true },
  },
  { id: "off-schema", summary: "answers JSON that breaks the schema it was given", behaviour: { ...echo, breaksSchema: true } },
  { id: "refuser", summary: "refuses", behaviour: { ...echo, kind: "refuse" } },
  { id: "filtered", summary: "is cut off by a content filter after one word", behaviour: { ...echo, kind: "filter" } },
  {
    id: "reciter",
    summary: "is cut off after one word, for reciting (Gemini)",
    behaviour: { ...echo, kind: "filter", recites: true },
  },
  { id: "no-call-ids", summary: "gives its calls no ids (Gemini)", behaviour: { ...echo, noCallIds: true } },
  { id: "unsigned", summary: "neither signs nor wants signatures (Gemini before 3)", behaviour: { ...echo, unsigned: true } },
  {
    id: "takes-bypass",
    summary: "takes the documented stand-ins for signatures (Gemini)",
    behaviour: { ...echo, takesBypass: true },
  },
  { id: "words:100", summary: "answers with that many words", behaviour: { ...echo, kind: "words", count: 100 } },
];

const byId = new Map(models.map((row) => [row.id, row.behaviour]));

export function behaviourOf(model: string): Behaviour {
  const known = byId.get(model);
  if (known) return known;
  const words = /^words:(\d{1,6})$/.exec(model);
  return words ? { ...echo, kind: "words", count: Number(words[1]) } : echo;
}
