import type { LogFields, LogLevel } from "../canonical/log.ts";
import { plainText } from "./log-text.ts";

const colour = { debug: "\u001b[2m", info: "\u001b[36m", warn: "\u001b[33m", error: "\u001b[31m" } as const satisfies {
  [level in LogLevel]: string;
};
const plain = "\u001b[0m";

/** A line for somebody at a terminal: the time of day, the level, the event, its message, and the other fields as name=value. */
export function prettyLine(wall: number, colours: boolean, level: LogLevel, event: string, fields: LogFields): string {
  const time = new Date(wall).toISOString().slice(11, 23);
  const word = level.toUpperCase().padEnd(5);
  const { message, ...rest } = fields;
  const said = message === undefined ? "" : ` ${plainText(String(message))}`;
  const others = Object.entries(rest).map(([name, value]) => ` ${plainText(name)}=${shown(value)}`);
  const head = colours ? `${colour[level]}${word}${plain} ${event}` : `${word} ${event}`;
  return `${time} ${head}${said}${others.join("")}\n`;
}

function shown(value: LogFields[string]): string {
  const text = plainText(String(value));
  return typeof value === "string" && /[\s"=]/.test(text) ? `"${text.replaceAll('"', '\\"')}"` : text;
}
