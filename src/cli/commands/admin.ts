import { configFlag, type Definition, examples } from "./command.ts";

/** `admin key`. */
export const admin: Definition = (polygate, { ports, run }) => {
  const parent = polygate
    .command("admin")
    .description("the operator's own key")
    .addHelpText("after", examples(["polygate admin key", "where is it?"], ["polygate admin key --reset", "make a new one"]));
  parent
    .command("key")
    .description("print the path of the admin key, which opens /admin and /metrics; the key itself is not shown")
    .option("--reset", "put a new key in its place, and print the path", false)
    .option(...configFlag)
    .addHelpText(
      "after",
      examples(
        ['curl -H "Authorization: Bearer $(cat $(polygate admin key))" localhost:4000/admin/config/status', "use it"],
        ["polygate admin key --reset", "whoever has the old one is locked out"],
      ),
    )
    .action(async (options) => run((await import("../admin.ts")).adminKeyCommand(options, ports)));
};
