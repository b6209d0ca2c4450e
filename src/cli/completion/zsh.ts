import type { Flag, Node, Values } from "./tree.ts";

/** What zsh reads to complete `polygate`. */
export function zshScript(nodes: readonly Node[]): string {
  const known = nodes.filter(({ path }) => path !== "").map(({ path }) => `'${path}'`);
  return `#compdef polygate
# polygate completion for zsh. To have it in this shell:  source <(polygate completion zsh)
# In every shell: polygate completion zsh > "\${fpath[1]}/_polygate"
_polygate_models() {
  local file="\${XDG_CACHE_HOME:-$HOME/.cache}/polygate/models"
  [[ -r $file ]] && compadd -- \${(f)"$(<$file)"}
}
_polygate() {
  local path_="" word i prev="\${words[CURRENT-1]}"
  local -a offered
  for ((i = 2; i < CURRENT; i++)); do
    word="\${path_:+$path_ }\${words[i]}"
    case "$word" in
      ${known.join("|")}) path_="$word" ;;
    esac
  done
  case "$path_ $prev" in
${nodes.flatMap(flagCases).join("\n")}
  esac
  case "$path_" in
${nodes.map(pathCase).join("\n")}
  esac
  _describe 'polygate' offered
}
if [[ $zsh_eval_context[-1] == loadautofunc ]]; then _polygate "$@"; else compdef _polygate polygate; fi`;
}

const flagCases = ({ path, flags }: Node): readonly string[] =>
  flags.flatMap(({ names, values }) =>
    values === undefined ? [] : [`    ${names.map((name) => `'${path} ${name}'`).join("|")}) ${action(values)}; return ;;`],
  );

function pathCase({ path, commands, flags, argument }: Node): string {
  const words = [...commands.map(({ name, does }) => entry(name, does)), ...flags.flatMap(flagEntries)];
  const own = argument?.kind === "words" ? [...argument.words.map((word) => entry(word, "")), ...words] : words;
  const models = argument?.kind === "model" ? "_polygate_models; " : "";
  return `    '${path}') ${models}offered=(${own.join(" ")}) ;;`;
}

const flagEntries = ({ names, does }: Flag): readonly string[] => names.slice(0, 1).map((name) => entry(name, does));

const entry = (name: string, does: string): string => {
  const text = `${name.replaceAll(":", "\\:")}${does === "" ? "" : `:${does}`}`;
  return `'${text.replaceAll("'", "'\\''")}'`;
};

function action(values: Values): string {
  switch (values.kind) {
    case "words":
      return `compadd -- ${values.words.join(" ")}`;
    case "model":
      return "_polygate_models";
    case "file":
      return "_files";
    case "any":
      return "_message value";
  }
}
