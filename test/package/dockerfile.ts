/** One instruction, with the stage it stands in. */
export interface Instruction {
  readonly word: string;
  /** What follows the word, continued lines joined. */
  readonly rest: string;
  readonly line: number;
}

export interface Stage {
  readonly name: string;
  /** What it begins with: an image, or another stage's name. */
  readonly from: string;
  readonly instructions: readonly Instruction[];
}

export interface Dockerfile {
  /** ARGs before the first stage, with their defaults. */
  readonly args: ReadonlyMap<string, string>;
  readonly stages: readonly Stage[];
}

/** Reads as much of a Dockerfile as ours uses. Throws where a line is none of it. */
export function parseDockerfile(text: string): Dockerfile {
  const args = new Map<string, string>();
  const stages: { name: string; from: string; instructions: Instruction[] }[] = [];
  for (const { word, rest, line } of instructionsOf(text)) {
    if (word === "FROM") {
      const [, image = "", name = ""] = /^(\S+)(?:\s+AS\s+(\S+))?$/i.exec(rest) ?? [];
      if (image === "") throw new Error(`line ${line}: FROM ${rest}`);
      stages.push({
        name: name || image,
        from: image.replace(/\$\{(\w+)\}/g, (_, arg: string) => args.get(arg) ?? ""),
        instructions: [],
      });
      continue;
    }
    const stage = stages.at(-1);
    if (stage !== undefined) stage.instructions.push({ word, rest, line });
    else if (word === "ARG") args.set(rest.split("=", 1)[0] ?? "", rest.slice(rest.indexOf("=") + 1));
    else throw new Error(`line ${line}: ${word} before the first FROM`);
  }
  return { args, stages };
}

const words = /^(?:FROM|ARG|RUN|COPY|ADD|ENV|WORKDIR|USER|VOLUME|EXPOSE|STOPSIGNAL|HEALTHCHECK|ENTRYPOINT|CMD|LABEL)$/;

function instructionsOf(text: string): Instruction[] {
  const found: Instruction[] = [];
  let open: Instruction | undefined;
  text.split("\n").forEach((raw, index) => {
    if (raw.trim() === "" || /^\s*#/.test(raw)) return;
    const more = /\\\s*$/.test(raw);
    const piece = raw.replace(/\\\s*$/, "").trim();
    if (open === undefined) {
      const [, word = "", rest = ""] = /^(\S+)\s+(.*)$/.exec(piece) ?? [];
      if (!words.test(word)) throw new Error(`line ${index + 1}: no instruction that is known here: ${piece}`);
      open = { word, rest, line: index + 1 };
    } else open = { ...open, rest: `${open.rest} ${piece}` };
    if (more) return;
    found.push(open);
    open = undefined;
  });
  return found;
}

/** A stage's instructions with those of the stages it begins with, in their order. */
export function inherited({ stages }: Dockerfile, name: string): readonly Instruction[] {
  const stage = stages.find((one) => one.name === name);
  if (stage === undefined) return [];
  const { from, instructions } = stage;
  return [...inherited({ args: new Map(), stages }, from), ...instructions];
}

/** The exec form of ENTRYPOINT, CMD and HEALTHCHECK; undefined for a shell's. */
export function execForm(rest: string): readonly string[] | undefined {
  const list = /\[.*\]$/.exec(rest)?.[0];
  if (list === undefined) return undefined;
  try {
    return JSON.parse(list);
  } catch {
    return undefined;
  }
}
