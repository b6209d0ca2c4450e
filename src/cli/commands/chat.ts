import { keyFlag, urlFlag } from "./ask.ts";
import { configFlag, type Definition, examples, wholeNumber } from "./command.ts";

/** `chat`. */
export const chat: Definition = (polygate, { ports, run }) => {
  polygate
    .command("chat")
    .argument("[model]", "provider/model (default: $POLYGATE_MODEL, else a small one that is there)")
    .description("talk with any model in the terminal; /help there tells what else it can do")
    .option("-s, --system <text>", "what the model is told beforehand")
    .option("--max-tokens <count>", "the longest answer, thoughts included", wholeNumber(1, 10_000_000))
    .option("--no-thoughts", "do not show what a model thinks before it answers")
    .option(...urlFlag)
    .option(...keyFlag)
    .option(...configFlag)
    .addHelpText(
      "after",
      examples(
        ["polygate chat", "with a small model that is there"],
        ["polygate chat anthropic/claude-haiku-4-5", "with the one named"],
        ["polygate chat --url http://gateway:4000", "by way of a gateway that runs there"],
      ),
    )
    .action(async (model: string | undefined, flags) => run((await import("../talk/chat.ts")).chatCommand(model, flags, ports)));
};
