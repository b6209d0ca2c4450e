import type { Node, Values } from "./tree.ts";

const cache = `\${XDG_CACHE_HOME:-$HOME/.cache}/polygate/models`;

/** What bash sources to complete `polygate`. Everything is in the text: nothing is started while one types. */
export function bashScript(nodes: readonly Node[]): string {
  const known = nodes.filter(({ path }) => path !== "").map(({ path }) => `'${path}'`);
  return `# polygate completion for bash. To have it in this shell:  source <(polygate completion bash)
# In every shell: put that line into ~/.bashrc.
_polygate() {
  local line="\${COMP_LINE:0:COMP_POINT}" cur prev path="" word i offered="" kind=""
  cur="\${line##*[[:space:]]}"
  # shellcheck disable=SC2206
  local words=(\${line%"$cur"})
  prev="\${words[\${#words[@]}-1]}"
  for ((i = 1; i < \${#words[@]}; i++)); do
    word="\${path:+$path }\${words[i]}"
    case "$word" in
      ${known.join("|")}) path="$word" ;;
    esac
  done
  case "$path $prev" in
${nodes.flatMap(flagCases).join("\n")}
  esac
  if [[ -z $kind ]]; then
    case "$path" in
${nodes.map(pathCase).join("\n")}
    esac
  fi
  case "$kind" in
    file) mapfile -t COMPREPLY < <(compgen -f -- "$cur"); compopt -o filenames 2>/dev/null; return ;;
    any) COMPREPLY=(); return ;;
    model) offered="$offered $(cat "${cache}" 2>/dev/null)" ;;
  esac
  mapfile -t COMPREPLY < <(compgen -W "$offered" -- "$cur")
  # Readline takes a colon for the end of a word.
  local before="\${cur%"\${cur##*:}"}"
  [[ $cur == *:* && $COMP_WORDBREAKS == *:* ]] && COMPREPLY=("\${COMPREPLY[@]#"$before"}")
}
complete -F _polygate polygate`;
}

function flagCases({ path, flags }: Node): readonly string[] {
  return flags.flatMap(({ names, values }) => {
    if (values === undefined) return [];
    const pattern = names.map((name) => `'${path} ${name}'`).join("|");
    return [`    ${pattern}) ${action(values)} ;;`];
  });
}

function pathCase({ path, commands, flags, argument }: Node): string {
  const words = [...commands.map(({ name }) => name), ...flags.flatMap(({ names }) => names.slice(0, 1))];
  const own = argument?.kind === "words" ? [...argument.words, ...words] : words;
  const kind = argument?.kind === "model" ? "model" : "words";
  return `      '${path}') kind=${kind} offered="${own.join(" ")}" ;;`;
}

function action(values: Values): string {
  return values.kind === "words" ? `kind=words offered="${values.words.join(" ")}"` : `kind=${values.kind}`;
}
