import { configFlag, type Definition, examples, wantsJson, wholeNumber, withFormat } from "./command.ts";

/** `doctor`. */
export const doctor: Definition = (polygate, { ports, run }) => {
  withFormat(
    polygate
      .command("doctor")
      .argument("[provider...]", "only these (default: all that are configured)")
      .description("find out what is wrong: configuration, machine, and every provider's address and credential; costs nothing")
      .option(...configFlag)
      .option("--timeout <seconds>", "how long a provider may take to answer", wholeNumber(1, 300), 8),
  )
    .addHelpText(
      "after",
      examples(
        ["polygate doctor", "look at everything; exit code 1 where something is in the way of calls"],
        ["polygate doctor groq --timeout 30", "only at groq, and patiently"],
        ["polygate doctor --json | jq '.findings[] | select(.state == \"problem\")'", "for monitoring"],
      ),
    )
    .action(async (only: readonly string[], flags) =>
      run(
        (await import("../doctor/doctor.ts")).doctorCommand(
          { config: flags.config, timeoutMs: flags.timeout * 1000, json: wantsJson(flags, ports), only },
          ports,
        ),
      ),
    );
};
