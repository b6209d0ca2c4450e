import {
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  type Pair,
  type ParsedNode,
  parseDocument,
  visit,
  type YAMLError,
} from "yaml";
import type { Environment } from "./environment.ts";
import { interpolate } from "./interpolate.ts";
import type { Problem } from "./problems.ts";
import { suggestion } from "./suggest.ts";

/**
 * A YAML file as a value with its variables filled in, and the way back from a path in it to a line. Where a variable is
 * missing, its reference stays in the value, so that the rest can still be checked. No value where it is no YAML at all.
 */
export interface ConfigDocument {
  readonly value: unknown;
  readonly problems: readonly Problem[];
  /** Where the value at a path stands, or the nearest place around it; with `key`, where the key itself stands. */
  locate(path: readonly PropertyKey[], at?: "key"): Pick<Problem, "file" | "line" | "column">;
}

export function readDocument(text: string, file: string, environment: Environment): ConfigDocument {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const place = (offset: number | undefined): Pick<Problem, "file" | "line" | "column"> => {
    if (offset === undefined) return { file };
    const { line, col } = lines.linePos(offset);
    return { file, line, column: col };
  };
  if (document.errors.length > 0) {
    const problems = document.errors.map((error) => ({ ...place(error.pos[0]), message: describe(error, text) }));
    // One slip often breaks the rest of its line, too.
    const firsts = problems.filter(({ line }, index) => problems.findIndex((other) => other.line === line) === index);
    return { value: undefined, problems: firsts, locate: () => ({ file }) };
  }
  const problems: Problem[] = [];
  visit(document, {
    Scalar(role, node) {
      if (typeof node.value !== "string") return;
      const at = place(node.range?.[0]);
      if (role === "key") {
        if (node.value === "__proto__") problems.push({ ...at, message: 'a key may not be called "__proto__"' });
        return;
      }
      const result = interpolate(node.value, environment);
      if (result.ok) {
        node.value = result.text;
        return;
      }
      for (const name of result.missing) {
        const near = suggestion(name, environment.names());
        const message = `the environment variable ${name} is not set (nor in .env); set it, or write \${${name}:-default}${near}`;
        problems.push({ ...at, message });
      }
      for (const part of result.malformed) {
        problems.push({ ...at, message: `${JSON.stringify(part)} names no variable; write \${NAME}, or $\${ for a plain \${` });
      }
    },
  });
  return {
    value: document.toJS(),
    problems,
    locate: (path, at) => place(offsetOf(document.contents, path, at)),
  };
}

function offsetOf(root: ParsedNode | null, path: readonly PropertyKey[], at?: "key"): number | undefined {
  let node: Node | null | undefined = root;
  let offset: number | undefined = root?.range?.[0];
  for (const [depth, step] of path.entries()) {
    if (isMap<Node, Node | null>(node)) {
      const pair: Pair<Node, Node | null> | undefined = node.items.find(
        ({ key }) => isScalar(key) && String(key.value) === String(step),
      );
      if (pair === undefined) return offset;
      const last = depth === path.length - 1;
      offset = (last && at === "key" ? undefined : pair.value?.range?.[0]) ?? pair.key.range?.[0] ?? offset;
      node = pair.value;
    } else if (isSeq<Node>(node) && typeof step === "number") {
      node = node.items[step];
      offset = node?.range?.[0] ?? offset;
    } else {
      return offset;
    }
  }
  return offset;
}

/** The parser's own words may quote the text, and the text may be a secret: ours do not. */
function describe(error: YAMLError, text: string): string {
  const line = text.slice(text.lastIndexOf("\n", error.pos[0] - 1) + 1).split("\n", 1)[0] ?? "";
  if (/[{[,:]\s*\$\{/.test(line)) return "this is not valid YAML; a reference to a variable wants quotes around it here";
  switch (error.code) {
    case "DUPLICATE_KEY":
      return "this key stands here twice; keep one of them";
    case "TAB_AS_INDENT":
      return "this line is indented with a tab; YAML wants spaces";
    case "BAD_INDENT":
      return "this line is not indented as the lines around it";
    case "MULTIPLE_DOCS":
      return "a second document begins here; the file may hold only one";
    case "MISSING_CHAR":
      return "something is missing here: a closing quote, bracket or brace, or a comma";
    default:
      return `this is not valid YAML (${error.code.toLowerCase().replaceAll("_", " ")})`;
  }
}
