import type { Command } from "commander";

/** What may stand where: names out of a list, a model's name, a file's, or anything. */
export type Values = { readonly kind: "words"; readonly words: readonly string[] } | { readonly kind: "model" | "file" | "any" };

export interface Flag {
  /** `--since`, and `-n` where there is a short form. */
  readonly names: readonly string[];
  readonly does: string;
  /** Undefined: it takes no value. */
  readonly values: Values | undefined;
}

/** A command as a shell has to know it. */
export interface Node {
  /** `call list`; the program itself is the empty text. */
  readonly path: string;
  readonly does: string;
  readonly commands: readonly { readonly name: string; readonly does: string }[];
  readonly flags: readonly Flag[];
  /** Of its first argument. */
  readonly argument: Values | undefined;
}

const files = new Set(["config", "schema", "image", "file", "journal", "replay", "specs"]);

/** The program's commands, each before those below it. Hidden ones are left out. */
export function treeOf(program: Command): readonly Node[] {
  return below(program, []);
}

function below(command: Command, path: readonly string[]): readonly Node[] {
  const help = command.createHelp();
  const inner = help.visibleCommands(command);
  const here: Node = {
    path: path.join(" "),
    does: command.description(),
    commands: inner.map((one) => ({ name: one.name(), does: one.description() })),
    flags: help.visibleOptions(command).map(({ short, long, description, argChoices, required, optional }) => {
      const name = (long ?? "").replace(/^--/, "");
      const values = required || optional ? valuesOf(name, argChoices) : undefined;
      return { names: [long, short].flatMap((one) => (one ? [one] : [])), does: description, values };
    }),
    argument: argumentOf(command),
  };
  return [here, ...inner.filter((one) => one.name() !== "help").flatMap((one) => below(one, [...path, one.name()]))];
}

function valuesOf(name: string, choices: readonly string[] | undefined): Values {
  if (choices !== undefined) return { kind: "words", words: choices };
  if (name === "by") return { kind: "words", words: ["model", "provider", "key", "label:"] };
  if (name === "model") return { kind: "model" };
  return { kind: files.has(name) ? "file" : "any" };
}

function argumentOf(command: Command): Values | undefined {
  const [first] = command.registeredArguments;
  if (first === undefined) return undefined;
  if (first.argChoices !== undefined) return { kind: "words", words: first.argChoices };
  return { kind: first.name() === "model" ? "model" : "any" };
}
