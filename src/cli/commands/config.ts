import { configFlag, type Definition, examples } from "./command.ts";

/** `config check`, its old name, and `config show`. */
export const config: Definition = (polygate, { ports, run }) => {
  const parent = polygate
    .command("config")
    .description("check the configuration, or show where each value comes from")
    .addHelpText(
      "after",
      examples(
        ["polygate config check", "is it good? what is wrong, and on which line?"],
        ["polygate config show", "every value and its source"],
      ),
    );
  for (const [above, name] of [
    [parent, "check"],
    [polygate, "check-config"],
  ] as const) {
    above
      .command(name, { hidden: name === "check-config" })
      .description("read and check the configuration as `serve` would, start nothing")
      .option(...configFlag)
      .addHelpText("after", examples(["polygate config check --config prod.yaml", "before it is rolled out"]))
      .action(async (options) => run((await import("../check-config.ts")).checkConfigCommand(options, ports)));
  }
};
