import type { Node, Values } from "./tree.ts";

/** What fish sources to complete `polygate`. */
export function fishScript(nodes: readonly Node[]): string {
  return `# polygate completion for fish. To have it in this shell:  polygate completion fish | source
# In every shell: polygate completion fish > ~/.config/fish/completions/polygate.fish
function __polygate_models
    set -l base $XDG_CACHE_HOME
    test -n "$base"; or set base $HOME/.cache
    test -r $base/polygate/models; and cat $base/polygate/models
end
function __polygate_at
    set -l found
    for word in (commandline -opc)[2..]
        set -l next (string join ' ' $found $word)
        contains -- $next ${nodes
          .filter(({ path }) => path !== "")
          .map(({ path }) => quote(path))
          .join(" ")}; and set found $found $word
    end
    test "$argv[1]" = "$found"
end
complete -c polygate -f
${nodes.flatMap(lines).join("\n")}`;
}

function lines({ path, commands, flags, argument }: Node): readonly string[] {
  const where = `complete -c polygate -n ${quote(`__polygate_at ${quote(path)}`)}`;
  return [
    ...commands.map(({ name, does }) => `${where} -a ${quote(name)} -d ${quote(does)}`),
    ...(argument === undefined || argument.kind === "any" ? [] : [`${where} ${offer(argument)}`]),
    ...flags.map(({ names, does, values }) => {
      const spelled = names.map((name) => (name.startsWith("--") ? `-l ${name.slice(2)}` : `-s ${name.slice(1)}`));
      return [where, ...spelled, ...(values === undefined ? [] : ["-r", offer(values)]), `-d ${quote(does)}`]
        .join(" ")
        .replaceAll("  ", " ");
    }),
  ];
}

function offer(values: Values): string {
  switch (values.kind) {
    case "words":
      return `-a ${quote(values.words.join(" "))}`;
    case "model":
      return `-a ${quote("(__polygate_models)")}`;
    case "file":
      return "-F";
    case "any":
      return "";
  }
}

const quote = (text: string): string => `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
