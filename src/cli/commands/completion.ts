import { Argument } from "commander";
import { type Definition, examples } from "./command.ts";

/** `completion`. */
export const completion: Definition = (polygate, { ports, run }) => {
  polygate
    .command("completion")
    .addArgument(new Argument("<shell>", "for which shell").choices(["bash", "zsh", "fish"]))
    .description("print what your shell needs to complete commands, flags, files and models' names")
    .addHelpText(
      "after",
      examples(
        ["source <(polygate completion bash)", "in this bash; put it into ~/.bashrc for every one"],
        ["source <(polygate completion zsh)", "in this zsh; likewise"],
        ["polygate completion fish | source", "in this fish"],
      ),
    )
    .action(async (shell: string) => {
      const { treeOf } = await import("../completion/tree.ts");
      const nodes = treeOf(polygate);
      switch (shell) {
        case "zsh":
          ports.out((await import("../completion/zsh.ts")).zshScript(nodes));
          break;
        case "fish":
          ports.out((await import("../completion/fish.ts")).fishScript(nodes));
          break;
        default:
          ports.out((await import("../completion/bash.ts")).bashScript(nodes));
      }
      await run(0);
    });
};
