import type { Ports } from "../ports.ts";
import { paintFor } from "../terminal/paint.ts";
import { oneLine } from "../terminal/text.ts";
import type { Backend, NoAnswer } from "./backend.ts";

/** Why there is no answer, for people: what happened, and where more is to be found. Nothing of it is said twice. */
export function toldOf(
  { message, callId, warnings }: NoAnswer,
  { own, where }: Pick<Backend, "own" | "where">,
  ports: Pick<Ports, "terminal" | "env">,
): readonly string[] {
  const paint = paintFor(ports, "err");
  const id = oneLine(callId ?? "");
  // The ledger of another gateway is not here to be looked into.
  const more = own ? `polygate call show ${id} tells what became of it.` : `It is ${id} in the books of ${oneLine(where)}.`;
  return [
    ...warnings
      .filter((warning) => !warning.endsWith(`: ${message}`))
      .map((warning) => paint("yellow", `warning: ${oneLine(warning, 400)}`)),
    paint("red", oneLine(message.replace(/ ?\(call call_[0-9a-f]+\)(?=\.?$|[ .])/, ""), 2000)),
    ...(callId === undefined ? [] : [paint("dim", more)]),
  ];
}
