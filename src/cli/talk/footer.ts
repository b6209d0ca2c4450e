import type { FinishReason } from "../../canonical/chat.ts";
import { oneLine } from "../terminal/text.ts";
import type { Answer } from "./backend.ts";

/** What an answer took, on one line: who gave it, tokens, cost, time. */
export function footer({ provider, model, input, output, costUsd, ms, attempts }: Answer): string {
  const who = [provider, model].filter((word) => word !== undefined && word !== "none").map((word) => oneLine(word ?? "", 80));
  return [
    who.join("/"),
    input === undefined ? "usage not told" : `${count(input)} in, ${count(output ?? 0)} out`,
    costUsd === undefined ? "cost not known" : `$${costUsd}`,
    `${(ms / 1000).toFixed(1)} s`,
    ...(attempts !== undefined && attempts > 1 ? [`${attempts} attempts`] : []),
  ]
    .filter((word) => word !== "")
    .join(" · ");
}

/** What is to be said of an answer that did not end by itself; undefined of one that did. */
export function unfinished(finish: FinishReason): string | undefined {
  switch (finish) {
    case "stop":
    case "other":
      return undefined;
    case "length":
      return "The answer was cut at its limit of tokens; --max-tokens allows more.";
    case "content-filter":
      return "The provider's content filter cut the answer off.";
    case "tool-calls":
      return "The model wanted to call a tool, and there is none here.";
    case "pause":
      return "The provider paused the answer in its middle.";
    case "error":
      return "The provider ended the answer with an error.";
  }
}

const count = (value: number): string => value.toLocaleString("en-US");
