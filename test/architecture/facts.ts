import { parseSync, Visitor } from "oxc-parser";

/** Something found in a module, and where. */
export interface Found {
  readonly what: string;
  /** From 1. */
  readonly line: number;
}

/** What the rules need to know of a module. */
export interface Module {
  /** Relative to the checkout, with forward slashes. */
  readonly path: string;
  readonly lines: number;
  /** Specifiers as written, of static, dynamic and type imports and of re-exports. */
  readonly imports: readonly Found[];
  /** `any` as a type. */
  readonly anys: readonly Found[];
  /** `x as T` and `<T>x`, without `as const`. */
  readonly casts: readonly Found[];
  /** `x!` */
  readonly bangs: readonly Found[];
  /** `a.b` and `a["b"]` of plain names, as `a.b`. */
  readonly members: readonly Found[];
  /** Plain names that are called, as `f()`, or constructed, as `new F()` and `new F(…)`. */
  readonly calls: readonly Found[];
  /** SQL statements put together from pieces that are no constants of the module. */
  readonly pieced: readonly Found[];
  /** Comments that silence a checker. */
  readonly silenced: readonly Found[];
}

/** Parses a module. Throws where it does not parse: a rule that sees nothing must not pass. */
export function examine(path: string, source: string): Module {
  const { program, module, comments, errors } = parseSync(path, source);
  if (errors.length > 0) throw new Error(`${path} does not parse: ${errors[0]?.message}`);
  const lineOf = lineFinder(source);
  const imports: Found[] = [];
  const [anys, casts, bangs, members, calls]: [Found[], Found[], Found[], Found[], Found[]] = [[], [], [], [], []];
  const pieced: Found[] = [];
  const found = (list: Found[], what: string, at: number): void => {
    list.push({ what, line: lineOf(at) });
  };
  for (const { moduleRequest } of module.staticImports) found(imports, moduleRequest.value, moduleRequest.start);
  for (const { entries } of module.staticExports) {
    for (const { moduleRequest } of entries) if (moduleRequest) found(imports, moduleRequest.value, moduleRequest.start);
  }
  const constants = new Set(
    program.body.flatMap((node) => {
      const declared = node.type === "ExportNamedDeclaration" ? node.declaration : node;
      if (declared?.type !== "VariableDeclaration" || declared.kind !== "const") return [];
      return declared.declarations.flatMap(({ id }) => (id.type === "Identifier" ? [id.name] : []));
    }),
  );
  new Visitor({
    ImportExpression: ({ source, start }) =>
      found(imports, source.type === "Literal" ? String(source.value) : "(computed)", start),
    TSImportType: ({ source, start }) => found(imports, source.value, start),
    TSAnyKeyword: ({ start }) => found(anys, "any", start),
    TSAsExpression: ({ typeAnnotation, start }) => {
      const text = source.slice(typeAnnotation.start, typeAnnotation.end);
      if (text !== "const") found(casts, `as ${text}`, start);
    },
    TSTypeAssertion: ({ start }) => found(casts, "<T>x", start),
    TSNonNullExpression: ({ start }) => found(bangs, "x!", start),
    MemberExpression: ({ object, property, computed, start }) => {
      if (object.type !== "Identifier") return;
      if (property.type === "Identifier" && !computed) found(members, `${object.name}.${property.name}`, start);
      if (property.type === "Literal") found(members, `${object.name}.${String(property.value)}`, start);
    },
    TemplateLiteral: ({ quasis, expressions, start }) => {
      const [first] = quasis;
      if (first === undefined || !statement.test(first.value.raw)) return;
      const constant = expressions.every((expression) => {
        const root =
          expression.type === "CallExpression" && expression.callee.type === "MemberExpression"
            ? expression.callee.object
            : expression;
        return root.type === "Identifier" && constants.has(root.name);
      });
      if (!constant) found(pieced, first.value.raw, start);
    },
    BinaryExpression: ({ left, operator, start }) => {
      if (operator === "+" && left.type === "Literal" && statement.test(String(left.value))) {
        found(pieced, String(left.value), start);
      }
    },
    CallExpression: ({ callee, start }) => {
      if (callee.type === "Identifier") found(calls, `${callee.name}()`, start);
    },
    NewExpression: ({ callee, arguments: given, start }) => {
      if (callee.type === "Identifier")
        found(calls, given.length === 0 ? `new ${callee.name}()` : `new ${callee.name}(…)`, start);
    },
  }).visit(program);
  const silenced = comments
    .filter(({ value }) =>
      /@ts-(?:ignore|expect-error|nocheck)|biome-ignore-(?:all|start)|biome-ignore (?:lint|format|assist)(?![^:]*: \S+ \S+)/.test(
        value,
      ),
    )
    .map(({ value, start }) => ({ what: value.trim(), line: lineOf(start) }));
  return { path, lines: countLines(source), imports, anys, casts, bangs, members, calls, pieced, silenced };
}

/** How a statement of SQL begins. */
const statement =
  /^\s*(?:select\s|insert\s+(?:or\s+\w+\s+)?into\s|update\s+\S+\s+set\s|delete\s+from\s|create\s+(?:table|index|view|trigger)\s|alter\s+table\s|drop\s+\w+\s|pragma\s|attach\s|with\s+\w+\s+as\s)/i;

const countLines = (source: string): number => source.split("\n").length - (source.endsWith("\n") ? 1 : 0);

function lineFinder(source: string): (offset: number) => number {
  const starts = [0];
  for (let at = source.indexOf("\n"); at !== -1; at = source.indexOf("\n", at + 1)) starts.push(at + 1);
  return (offset) => {
    let low = 0;
    let high = starts.length;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if ((starts[middle] ?? 0) <= offset) low = middle;
      else high = middle;
    }
    return low + 1;
  };
}
