import { styleText } from "node:util";
import type { Ports } from "../ports.ts";

type Style = "bold" | "dim" | "red" | "green" | "yellow" | "cyan";
export type Paint = (style: Style, text: string) => string;

/** Colours for what goes to `to`: on a terminal, unless NO_COLOR forbids it or the terminal is a dumb one. */
export function paintFor({ terminal, env }: Pick<Ports, "terminal" | "env">, to: "out" | "err"): Paint {
  const forbidden = (env["NO_COLOR"] ?? "") !== "" || env["TERM"] === "dumb";
  if (!terminal[to] || forbidden) return (_style, text) => text;
  return (style, text) => styleText(style, text, { validateStream: false });
}
