import { InvalidArgumentError } from "commander";
import { configFlag, type Definition, examples, wholeNumber } from "./command.ts";

export const urlFlag = [
  "--url <url>",
  "a running gateway to ask (default: $POLYGATE_URL; else this process answers itself)",
] as const;
export const keyFlag = ["--key <secret>", "a key of that gateway (default: $POLYGATE_KEY)"] as const;
export const modelFlag = [
  "-m, --model <name>",
  "provider/model (default: $POLYGATE_MODEL, else a small one that is there)",
] as const;

const several = (one: string, before: readonly string[] | undefined): readonly string[] => [...(before ?? []), one];

function degrees(text: string): number {
  const value = /^\d(?:\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
  if (value <= 2) return value;
  throw new InvalidArgumentError("It must be a number from 0 to 2.");
}

/** `ask`. */
export const ask: Definition = (polygate, { ports, run }) => {
  polygate
    .command("ask")
    .argument("[text...]", "the question; what is piped in is attached to it, or is the question itself")
    .description("ask a model one thing: the answer goes to stdout, warnings and cost to stderr")
    .option(...modelFlag)
    .option("-s, --system <text>", "what the model is told beforehand")
    .option("--schema <file>", "a JSON Schema that the answer, JSON then, is held to")
    .option("-i, --image <file>", "a picture to show it: PNG, JPEG, GIF, WebP, or an address; may be repeated", several)
    .option("-f, --file <file>", "a file to show it: text, PDF or picture; may be repeated", several)
    .option("--max-tokens <count>", "the longest answer, thoughts included", wholeNumber(1, 10_000_000))
    .option("--temperature <number>", "from 0, sober, to 2", degrees)
    .option("--strict", "refuse what cannot be sent as it was asked, and answers that break the schema", false)
    .option("--json", "print the answer with its usage, cost and warnings as JSON", false)
    .option("--no-stream", "print the answer only when it is whole")
    .option("--no-stdin", "leave standard input alone")
    .option("-q, --quiet", "do not print what it took; warnings and errors stay", false)
    .option(...urlFlag)
    .option(...keyFlag)
    .option(...configFlag)
    .addHelpText(
      "after",
      examples(
        ['polygate ask "Why is the sky blue?"', "a small model that is there answers"],
        ['git diff | polygate ask -m openai/gpt-4.1-mini "Review this"', "with something attached"],
        ["polygate ask -i cat.jpg --schema cat.schema.json Describe it", "JSON, held to a schema"],
      ),
    )
    .action(async (words: readonly string[], flags) => run((await import("../talk/ask.ts")).askCommand(words, flags, ports)));
};
