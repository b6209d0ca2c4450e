import { dirname, resolve } from "node:path";
import { closing } from "../../config/suggest.ts";
import type { Ports } from "../ports.ts";
import { table } from "../terminal/table.ts";
import { oneLine } from "../terminal/text.ts";
import { type Backend, NoAnswer } from "./backend.ts";
import type { Conversation } from "./conversation.ts";
import { listModels } from "./open.ts";

export interface Room {
  readonly conversation: Conversation;
  readonly backend: Backend;
  readonly ports: Pick<Ports, "cwd" | "files" | "env" | "err" | "wall">;
  /** One line about the conversation, not of it. */
  say(line: string): void;
}

/** "again": the last question is to be answered once more. */
type Outcome = "end" | "again" | "done";

interface ChatCommand {
  readonly usage: string;
  readonly does: string;
  run(argument: string, room: Room): Outcome | Promise<Outcome>;
}

const mostShown = 50;

const commands: { readonly [name: string]: ChatCommand } = {
  "/model": {
    usage: "/model [name]",
    does: "go on with another model; without a name, or with a part of one, list them",
    run: async (argument, room): Promise<Outcome> => {
      if (argument.includes("/")) room.conversation.model = argument;
      else await findModel(argument, room);
      room.say(`This is ${oneLine(room.conversation.model)}. /model NAME goes on with another.`);
      return "done";
    },
  },
  "/system": {
    usage: "/system [text]",
    does: "what the model is told beforehand; - for nothing, without a text it is shown",
    run: (argument, { conversation, say }) => {
      if (argument !== "") conversation.system = argument === "-" ? undefined : argument;
      say(
        conversation.system === undefined
          ? "The model is told nothing beforehand."
          : `Told beforehand: ${oneLine(conversation.system, 400)}`,
      );
      return "done";
    },
  },
  "/clear": {
    usage: "/clear",
    does: "forget what was said; model and system text stay",
    run: (_argument, { conversation, say }) => {
      conversation.clear();
      say("Forgotten.");
      return "done";
    },
  },
  "/retry": {
    usage: "/retry",
    does: "have the last question answered once more; its answer stays until there is another",
    run: (_argument, { conversation, say }) => {
      if (conversation.again()) return "again";
      say("There is no question yet.");
      return "done";
    },
  },
  "/save": {
    usage: "/save [file]",
    does: "write the conversation to a file: JSON where it ends in .json, else Markdown",
    run: (argument, { conversation, ports, say }) => {
      const stamp = new Date(ports.wall()).toISOString().slice(0, 19).replaceAll(":", "");
      const named = argument === "" ? `chat-${stamp}.md` : argument.replace(/^~(?=\/)/, ports.env["HOME"] ?? "~");
      const path = resolve(ports.cwd, named);
      if (ports.files.stat(path) !== undefined) ports.err(`There is a file ${path} already; name another: /save FILE`);
      else if (ports.files.stat(dirname(path))?.kind !== "directory")
        ports.err(`There is no folder ${dirname(path)} to save in.`);
      else {
        try {
          ports.files.write(path, path.endsWith(".json") ? conversation.json() : conversation.markdown(), 0o600);
          say(`Saved to ${path}.`);
        } catch (thrown) {
          ports.err(`${path} cannot be written: ${thrown instanceof Error ? thrown.message : String(thrown)}`);
        }
      }
      return "done";
    },
  },
  "/cost": {
    usage: "/cost",
    does: "what this conversation has taken",
    run: (_argument, { conversation, say }) => {
      say(conversation.cost);
      return "done";
    },
  },
  "/help": {
    usage: "/help",
    does: "this",
    run: (_argument, { say }) => {
      for (const line of table(Object.values(commands).map(({ usage, does }) => [`  ${usage}`, does]))) say(line);
      say('A line that ends in \\ goes on with the next; """ alone begins and ends several lines; // begins a line with /.');
      say("Ctrl-C calls the answer off (or empties the line), Ctrl-D ends.");
      return "done";
    },
  },
  "/quit": { usage: "/quit", does: "end, as Ctrl-D does", run: () => "end" },
};

export const commandNames: readonly string[] = Object.keys(commands);

/** Goes on with the one model that has the text in its name; lists them where there are more, or none. */
async function findModel(text: string, { conversation, backend, ports, say }: Room): Promise<void> {
  try {
    const { models, silent } = await listModels(backend, ports);
    const found = models.map(({ id }) => id).filter((id) => id.toLowerCase().includes(text.toLowerCase()));
    const [only] = found;
    if (only !== undefined && found.length === 1) {
      conversation.model = only;
      return;
    }
    for (const id of found.slice(0, mostShown)) say(`  ${oneLine(id, 200)}`);
    if (found.length === 0) say(`No model that is listed has ${JSON.stringify(oneLine(text))} in its name.`);
    if (found.length > mostShown) say(`  and ${found.length - mostShown} more; /model TEXT lists those with TEXT in their name`);
    for (const { reason } of silent) say(oneLine(reason, 300));
  } catch (thrown) {
    if (!(thrown instanceof NoAnswer)) throw thrown;
    ports.err(oneLine(thrown.message, 600));
  }
}

/** Does what a line that begins with `/` asks for. */
export async function runCommand(line: string, room: Room): Promise<Outcome> {
  const [, name = "", argument = ""] = /^(\/\S*)\s*(.*)$/s.exec(line) ?? [];
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (command === undefined) {
    room.ports.err(
      `There is no ${oneLine(name)}${closing(name, commandNames)} /help lists what there is; // begins a line with /.`,
    );
    return "done";
  }
  return command.run(argument.trim(), room);
}
