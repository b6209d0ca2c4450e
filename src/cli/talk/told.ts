import type { Ports } from "../ports.ts";
import { paintFor } from "../terminal/paint.ts";
import { oneLine } from "../terminal/text.ts";
import type { NoAnswer } from "./backend.ts";

/** Why there is no answer, for people: what happened, and where more is to be found. */
export function toldOf({ message, callId, warnings }: NoAnswer, ports: Pick<Ports, "terminal" | "env">): readonly string[] {
  const paint = paintFor(ports, "err");
  return [
    ...warnings.map((warning) => paint("yellow", `warning: ${oneLine(warning, 400)}`)),
    paint("red", oneLine(message, 2000)),
    ...(callId === undefined ? [] : [paint("dim", `polygate call show ${oneLine(callId)} tells what became of it.`)]),
  ];
}
