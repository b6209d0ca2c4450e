/** What is found by its method and path; `{model}` and `{id}` in the path stand for what the caller names there. */
interface Entry {
  readonly method: string;
  readonly path: string;
}

/**
 * What a request line asked for. `named` is what the caller put for `{model}` or `{id}`, decoded; `methods` names what the path does take,
 * for a 405.
 */
export type Match<E> =
  | { readonly route: E; readonly named?: string | undefined }
  | { readonly route: undefined; readonly methods: readonly string[] };

interface Template<E> {
  readonly before: string;
  readonly after: string;
  /** Whether the name may hold slashes. */
  readonly slashes: boolean;
  readonly methods: ReadonlyMap<string, E>;
}

const mark = /\{(?:model|id)\}/;

/**
 * Routes by their paths. A path is looked up as it was sent; only what stands for a name is decoded. A model may hold slashes
 * (`provider/model`), an id may not.
 */
export class PathTable<E extends Entry> {
  readonly #exact = new Map<string, Map<string, E>>();
  readonly #templates: readonly Template<E>[];
  /** All there is, in the order given. */
  readonly routes: readonly E[];

  constructor(routes: readonly E[]) {
    this.routes = routes;
    const named = new Map<string, Map<string, E>>();
    for (const route of routes) {
      const table = mark.test(route.path) ? named : this.#exact;
      const methods = table.get(route.path) ?? new Map<string, E>();
      methods.set(route.method, route);
      table.set(route.path, methods);
    }
    const templates = [...named].map(([path, methods]) => {
      const [before = "", after = ""] = path.split(mark);
      return { before, after, slashes: path.includes("{model}"), methods };
    });
    // What says more of the path goes first: `/v1/models/{model}` would take `/v1/models/{model}:generateContent` for itself.
    this.#templates = templates.sort((a, b) => b.after.length - a.after.length || b.before.length - a.before.length);
  }

  match(method: string, path: string): Match<E> {
    const exact = this.#exact.get(path);
    if (exact !== undefined) return pick(exact, method, undefined);
    for (const { before, after, slashes, methods } of this.#templates) {
      if (path.length <= before.length + after.length || !path.startsWith(before) || !path.endsWith(after)) continue;
      const raw = path.slice(before.length, path.length - after.length);
      if (!slashes && raw.includes("/")) continue;
      const named = decoded(raw);
      if (named !== undefined) return pick(methods, method, named);
    }
    return { route: undefined, methods: [] };
  }
}

function pick<E>(methods: ReadonlyMap<string, E>, method: string, named: string | undefined): Match<E> {
  const route = methods.get(method === "HEAD" ? "GET" : method);
  if (route !== undefined) return named === undefined ? { route } : { route, named };
  return { route: undefined, methods: [...methods.keys()].flatMap((name) => (name === "GET" ? [name, "HEAD"] : [name])) };
}

function decoded(raw: string): string | undefined {
  try {
    return decodeURIComponent(raw);
  } catch {
    return undefined;
  }
}
