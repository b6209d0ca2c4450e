import { posix } from "node:path";
import type { Found, Module } from "./facts.ts";
import { chatFiles, chatless, injected, mayImport, packages, pure, wireFiles, withoutTelemetry } from "./layout.ts";

/* Each rule takes the modules and gives what breaks it, one sentence each. No sentence = it holds. */

export type Rule = (modules: readonly Module[]) => readonly string[];

export const isTest = (path: string): boolean => /\.test\.ts$|\/testing\//.test(path);

/** "wires" for src/wires/x/y.ts, "main.ts" for src/main.ts; undefined outside src/. */
export function areaOf(path: string): string | undefined {
  const [top, area] = path.split("/");
  return top === "src" ? area : undefined;
}

const resolved = (from: string, specifier: string): string | undefined =>
  specifier.startsWith(".") ? posix.join(posix.dirname(from), specifier) : undefined;

const at = (module: Module, { line }: Found): string => `${module.path}:${line}`;

const shipped = (modules: readonly Module[]): readonly Module[] =>
  modules.filter(({ path }) => areaOf(path) !== undefined && !isTest(path));

export const importTable: Rule = (modules) =>
  shipped(modules).flatMap((module) => {
    const area = areaOf(module.path) ?? "";
    const allowed = mayImport[area];
    if (allowed === undefined) return [`${module.path}: the area ${area} is not in the plan (test/architecture/layout.ts)`];
    return module.imports.flatMap((found) => {
      const target = resolved(module.path, found.what);
      if (target === undefined) return [];
      const other = areaOf(target);
      if (other === area || (other !== undefined && allowed.includes(other))) return [];
      if (other === "telemetry" && !withoutTelemetry.has(area)) return [];
      return [`${at(module, found)}: ${area} may not import ${other ?? target}`];
    });
  });

/** A wire knows no other wire; what several need is in wires/shared. */
export const siblings: Rule = (modules) =>
  shipped(modules).flatMap((module) => {
    const [, area, wire] = module.path.split("/");
    if (area !== "wires") return [];
    return module.imports.flatMap((found) => {
      const [, otherArea, other, file] = resolved(module.path, found.what)?.split("/") ?? [];
      if (otherArea !== "wires" || file === undefined || other === wire || other === "shared") return [];
      return [`${at(module, found)}: ${wire} may not import its sibling ${other}`];
    });
  });

export const packageTable: Rule = (modules) =>
  shipped(modules).flatMap((module) =>
    module.imports.flatMap((found) => {
      const { what } = found;
      if (what.startsWith(".") || what.startsWith("node:")) return [];
      const name = what
        .split("/")
        .slice(0, what.startsWith("@") ? 2 : 1)
        .join("/");
      const area = areaOf(module.path) ?? "";
      return packages[name]?.includes(area) === true ? [] : [`${at(module, found)}: ${area} may not import the package ${name}`];
    }),
  );

/** Groups of modules that import each other in a circle, type imports included. */
export const cycles: Rule = (modules) => {
  const byPath = new Map(modules.map((module) => [module.path, module]));
  const state = new Map<string, "open" | "done">();
  const trail: string[] = [];
  const circles: string[] = [];
  const enter = (module: Module): void => {
    state.set(module.path, "open");
    trail.push(module.path);
    for (const { what } of module.imports) {
      const target = byPath.get(resolved(module.path, what) ?? "");
      if (target === undefined || state.get(target.path) === "done") continue;
      if (state.get(target.path) === "open") circles.push([...trail.slice(trail.indexOf(target.path)), target.path].join(" → "));
      else enter(target);
    }
    trail.pop();
    state.set(module.path, "done");
  };
  for (const module of modules) if (!state.has(module.path)) enter(module);
  return circles;
};

/** Every relative import leads to a module that was examined, or to a file that is no module. */
export const dangling: Rule = (modules) => {
  const paths = new Set(modules.map(({ path }) => path));
  return modules.flatMap((module) =>
    module.imports.flatMap((found) => {
      const target = resolved(module.path, found.what);
      if (target === undefined || paths.has(target) || !/^(?:src|test|bench)\//.test(target)) return [];
      // Facts, not code.
      if (/^src\/catalog\/data\/[\w-]+\.json$/.test(target)) return [];
      return [`${at(module, found)}: ${found.what} was not examined`];
    }),
  );
};

export const purity: Rule = (modules) =>
  shipped(modules).flatMap((module) => {
    const allowed = pure[areaOf(module.path) ?? ""];
    if (allowed === undefined) return [];
    return module.imports
      .filter(({ what }) => what.startsWith("node:") && !allowed.includes(what))
      .map((found) => `${at(module, found)}: ${found.what} is not among the pure parts of Node that this area may use`);
  });

const ambient =
  /^(?:Date\.now|Math\.random|performance\.now|process\..*|(?:fetch|setTimeout|setInterval|setImmediate)\(\)|new Date\(\))$/;

/** Time, chance, environment and network come through ports. */
export const ports: Rule = (modules) =>
  shipped(modules).flatMap((module) =>
    injected.has(areaOf(module.path) ?? "") && !module.path.endsWith("/worker.ts")
      ? [...module.members, ...module.calls]
          .filter(({ what }) => ambient.test(what))
          .map((found) => `${at(module, found)}: ${found.what} is to be handed in (canonical/ports.ts)`)
      : [],
  );

export const noConsole: Rule = (modules) =>
  shipped(modules).flatMap((module) =>
    module.members
      .filter(({ what }) => what.startsWith("console."))
      .map((found) => `${at(module, found)}: ${found.what} prints past the command line`),
  );

/** Nothing that turns text into code, or starts other programs. */
/** Its one script is a constant, run under node:vm's watchdog: nothing else in Node stops a pattern amid its search. */
const watched = "src/policy/schema-check.ts";

/** Workers are this very program, started by its supervisor. */
const supervises = /^src\/process\//;

export const noCodeFromText: Rule = (modules) =>
  shipped(modules).flatMap((module) => [
    ...module.calls
      .filter(({ what }) => /^(?:eval\(\)|new Function\(.*|Function\(\)|require\(\))$/.test(what))
      .map((found) => `${at(module, found)}: ${found.what}`),
    ...module.imports
      .filter(({ what }) => /^node:(?:child_process|vm|repl|inspector|cluster)/.test(what) || what === "(computed)")
      .filter(({ what }) => !(what === "node:vm" && module.path === watched))
      .filter(({ what }) => !(what === "node:cluster" && supervises.test(module.path)))
      .map((found) => `${at(module, found)}: import of ${found.what}`),
  ]);

/** S8: values reach a database as parameters. Statements are constants, or made by the query builder, whose `sql` makes parameters of what it is given. */
export const noSqlFromText: Rule = (modules) =>
  shipped(modules).flatMap((module) => [
    ...module.pieced.map((found) => `${at(module, found)}: ${found.what.slice(0, 40)}… is put together from pieces`),
    ...module.members
      .filter(({ what }) => /^sql\.(?:raw|lit|literal|table|ref|id)$/.test(what))
      .map((found) => `${at(module, found)}: ${found.what} takes text for SQL`),
  ]);

/** A test that does not run proves nothing. Skips for absent material are decided while the test runs (`t.skip`). */
export const everyTestRuns: Rule = (modules) =>
  modules.flatMap((module) =>
    [...module.members, ...module.calls]
      .filter(({ what }) => /^(?:test|it|describe|suite)\.(?:skip|only|todo)$/.test(what))
      .map((found) => `${at(module, found)}: ${found.what}`),
  );

export const noAny: Rule = (modules) =>
  modules.flatMap((module) => [
    ...module.anys.map((found) => `${at(module, found)}: any`),
    ...module.bangs.map((found) => `${at(module, found)}: x!`),
  ]);

/** What a checker found is mended, not silenced; where the linter is plainly wrong, it wants the reason beside it. */
export const notSilenced: Rule = (modules) =>
  modules.flatMap((module) =>
    module.silenced
      .filter(({ what }) => !(module.path === mustNotCompile && what.startsWith("@ts-expect-error ")))
      .map((found) => `${at(module, found)}: ${found.what}`),
  );

/** Shows that a route without a policy is no route: the type check fails where it would compile. */
const mustNotCompile = "test/e2e/edge/routes.test.ts";

export const wiresAlike: Rule = (modules) => {
  const wires = new Map<string, Set<string>>();
  for (const { path } of shipped(modules)) {
    const [, area, wire, file] = path.split("/");
    if (area !== "wires" || wire === undefined || wire === "shared" || file === undefined) continue;
    wires.set(wire, (wires.get(wire) ?? new Set()).add(file));
  }
  return [...wires].flatMap(([wire, files]) =>
    [...wireFiles, ...(chatless.has(wire) ? [] : chatFiles)]
      .filter((file) => !files.has(file))
      .map((file) => `src/wires/${wire}: ${file} is missing, which its siblings have`),
  );
};

const longest = 500;
const mostlyUnder = 300;

export const sizes: Rule = (modules) => {
  const tooLong = modules
    .filter(({ lines }) => lines > longest)
    .map(({ path, lines }) => `${path}: ${lines} lines, of at most ${longest}`);
  const long = modules.filter(({ lines }) => lines > mostlyUnder);
  const share = long.length / modules.length;
  if (share <= 0.1) return tooLong;
  return [
    ...tooLong,
    `${long.length} of ${modules.length} files are over ${mostlyUnder} lines, of at most one in ten: ${long.map(({ path }) => path).join(", ")}`,
  ];
};

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[sorted.length >> 1] ?? 0;
}

/** Casts, by whether they ship. The numbers may only fall, and the ratchet follows them down. */
export function castCounts(modules: readonly Module[]): { readonly shipped: number; readonly others: number } {
  const all = modules.reduce((sum, { casts }) => sum + casts.length, 0);
  const inShipped = shipped(modules).reduce((sum, { casts }) => sum + casts.length, 0);
  return { shipped: inShipped, others: all - inShipped };
}
