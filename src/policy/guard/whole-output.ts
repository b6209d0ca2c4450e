import type { ChatResult, Choice } from "../../canonical/chat.ts";
import type { Operation } from "../../canonical/operations.ts";
import type { Part } from "../../canonical/parts.ts";
import type { Reply } from "../../canonical/reply.ts";
import type { Lane, Lanes } from "./lanes.ts";

type WholeReply<Op extends Operation> = Extract<Reply<Op>, { stream: false }>;

/**
 * Looks through a whole answer: one that is relayed goes on as it came where nothing in it has to be changed. Throws GatewayError
 * `content_policy` where a rule refuses.
 *
 * @param most characters that an answer may have
 * @param onCut told once where it has more
 */
export function guardWhole<Op extends Operation>(
  reply: WholeReply<Op>,
  lanes: Lanes,
  most: number,
  onCut: () => void = () => {},
): WholeReply<Op> {
  const { result } = reply;
  // An answer that its provider keeps, or what it was asked.
  if ("body" in result) {
    const body = lanes.whole(result.body, 0);
    return body === result.body ? reply : { stream: false, result: { ...result, body } };
  }
  if (!("choices" in result)) return reply;
  const left = { characters: most, cut: false };
  const choices = result.choices.map((choice) => guarded(choice, lanes, left));
  if (left.cut) onCut();
  const same = choices.every((choice, index) => choice === result.choices[index]);
  return same ? reply : { stream: false, result: withChoices(result, choices) };
}

const withChoices = <R extends ChatResult>(result: R, choices: readonly Choice[]): R => ({ ...result, choices });

interface Left {
  characters: number;
  cut: boolean;
}

function guarded(choice: Choice, lanes: Lanes, left: Left): Choice {
  const content: Part[] = [];
  let same = true;
  for (const part of choice.content) {
    const made = guardedPart(part, lanes, choice.index);
    same &&= made === part;
    const length = lengthOf(made);
    if (length > left.characters) {
      const cut = cutTo(made, left.characters);
      left.characters = 0;
      left.cut = true;
      return {
        index: choice.index,
        content: cut === undefined ? content : [...content, cut],
        finish: { reason: "length", raw: null },
      };
    }
    left.characters -= length;
    content.push(made);
  }
  // Log probabilities spell the text out once more.
  return same ? choice : { ...choice, content, logprobs: undefined };
}

function guardedPart(part: Part, lanes: Lanes, choice: number): Part {
  const said = (lane: Lane, text: string): string => {
    const filter = lanes.filter(lane, choice);
    const out = filter.push(text) + filter.end();
    return filter.touched ? out : text;
  };
  switch (part.type) {
    case "text": {
      const { text, citations, ...rest } = part;
      const made = said("text", text);
      const cited = lanes.whole(citations, choice);
      return made === text && cited === citations ? part : { ...rest, text: made, citations: cited };
    }
    case "refusal": {
      const text = said("said", part.text);
      return text === part.text ? part : { ...part, text };
    }
    case "reasoning": {
      const text = said("thoughts", part.text);
      // It was signed as it was.
      return text === part.text ? part : { ...part, text, signature: undefined };
    }
    case "tool-call": {
      lanes.check(part.name, choice);
      const made = said(part.kind === "custom" ? "said" : "arguments", part.arguments);
      return made === part.arguments ? part : { ...part, arguments: made };
    }
    case "audio": {
      if (part.transcript === undefined) return part;
      const transcript = said("said", part.transcript);
      return transcript === part.transcript ? part : { ...part, transcript };
    }
    case "image":
    case "video":
    case "document":
    case "tool-result":
    case "opaque":
      return lanes.whole(part, choice);
  }
}

/** Characters that a part adds to its answer. */
function lengthOf(part: Part): number {
  switch (part.type) {
    case "text":
    case "refusal":
    case "reasoning":
      return part.text.length;
    case "tool-call":
      return part.arguments.length;
    case "audio":
      return part.transcript?.length ?? 0;
    case "image":
    case "video":
    case "document":
    case "tool-result":
    case "opaque":
      return 0;
  }
}

/** The part's beginning; none of what means nothing in halves. */
function cutTo(part: Part, characters: number): Part | undefined {
  if (characters === 0 || (part.type !== "text" && part.type !== "refusal")) return undefined;
  return { ...part, text: beginning(part.text, characters) };
}

/** Without half a pair at its end. */
export function beginning(text: string, characters: number): string {
  const code = text.charCodeAt(characters - 1);
  return text.slice(0, code >= 0xd800 && code <= 0xdbff ? characters - 1 : characters);
}
