import { keyFlag, urlFlag } from "./ask.ts";
import { configFlag, type Definition, examples, wantsJson, withFormat } from "./command.ts";

/** `models`. */
export const models: Definition = (polygate, { ports, run }) => {
  withFormat(
    polygate
      .command("models")
      .argument("[text]", "only those whose name has this in it")
      .description("list what can be called now, as the providers themselves say")
      .option(...urlFlag)
      .option(...keyFlag)
      .option(...configFlag),
  )
    .addHelpText(
      "after",
      examples(
        ["polygate models", "all of them"],
        ["polygate models haiku", "those with haiku in their name"],
        ["polygate models --json | jq -r '.models[].id'", "for programs"],
      ),
    )
    .action(async (text: string | undefined, flags) =>
      run((await import("../talk/models.ts")).modelsCommand(text, { ...flags, json: wantsJson(flags, ports) }, ports)),
    );
};
