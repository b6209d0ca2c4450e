import type { Route } from "../../../src/ingress/routes.ts";
import { adminKey, callerKey, type Front } from "./front.ts";

/** What a route says of itself; a planted one may have any path. */
export type Declared = Pick<Route, "kind" | "method" | "path" | "role" | "policy">;

export const presented = {
  nothing: undefined,
  "a wrong key": "pg-wrong-0123456789abcdef",
  "a caller's key": callerKey,
  "the admin key": adminKey,
} as const;
export type Presented = keyof typeof presented;

/** The table of who may do what, from the declared role alone. */
export function mayPass({ role, method }: Declared, who: Presented, keyed: boolean): boolean {
  switch (role) {
    case "public":
      return true;
    case "caller":
      return !keyed || who === "a caller's key";
    case "admin":
      return who === "the admin key" || (!keyed && method === "GET");
  }
}

/** Asks for every route with every key; gives a sentence for each cell that is not as declared. */
export async function judgeRoutes(
  address: string,
  { calls }: Pick<Front, "calls">,
  routes: readonly Declared[],
  keyed: boolean,
): Promise<{ readonly cells: number; readonly refused: number; readonly faults: readonly string[] }> {
  const faults: string[] = [];
  let cells = 0;
  let refused = 0;
  for (const route of routes) {
    for (const who of ["nothing", "a wrong key", "a caller's key", "the admin key"] as const) {
      cells++;
      const before = calls.length;
      const status = await knock(address, route, presented[who]);
      const handled = calls.length - before;
      const may = mayPass(route, who, keyed);
      const cell = `${route.method} ${route.path} with ${who}, ${keyed ? "keyed" : "open"}:`;
      const turnedAway = status === 401 || status === 403 || status === 429;
      if (turnedAway) refused++;
      if (may === turnedAway) faults.push(`${cell} ${status}, a ${route.role} route`);
      if (!may && handled > 0) faults.push(`${cell} came through to the pipeline`);
      if (!may) continue;
      if (status !== 200) faults.push(`${cell} ${status} where it should be served`);
      if (handled !== (route.policy === "inference" ? 1 : 0)) {
        faults.push(`${cell} a route of class ${route.policy} came to the handler ${handled} times`);
      }
    }
  }
  return { cells, refused, faults };
}

/** The same of a whole gateway: who may not pass is turned away and its provider not asked; who may, is not turned away. */
export async function judgeDoors(
  address: string,
  routes: readonly Declared[],
  keyed: boolean,
  keys: { readonly [who in Presented]: string | undefined },
  asked: () => number,
): Promise<readonly string[]> {
  const faults: string[] = [];
  for (const route of routes) {
    for (const who of ["nothing", "a wrong key", "a caller's key", "the admin key"] as const) {
      const before = asked();
      const status = await knock(address, route, keys[who], "oai/echo");
      const may = mayPass(route, who, keyed);
      const cell = `${route.method} ${route.path} with ${who}, ${keyed ? "keyed" : "open"}: ${status}`;
      if (may === (status === 401 || status === 403 || status === 429)) faults.push(cell);
      if (!may && asked() !== before) faults.push(`${cell}: a provider was asked`);
    }
  }
  return faults;
}

async function knock(address: string, { method, path }: Declared, key: string | undefined, model = "p/m"): Promise<number> {
  const at = path.replace("{model}", encodeURIComponent(model)).replace("{id}", "resp_1");
  const answer = await fetch(`${address}${at}`, {
    method,
    headers: {
      ...(key !== undefined && { authorization: `Bearer ${key}` }),
      ...(method === "POST" && { "content-type": "application/json" }),
    },
    ...(method === "POST" && { body: bodyFor(at, model) }),
  });
  await answer.arrayBuffer();
  return answer.status;
}

/** What every wire takes at its paths. */
const bodyFor = (path: string, model: string): string =>
  JSON.stringify({
    model,
    max_tokens: 5,
    ...(path.includes("responses") || path.endsWith("embeddings")
      ? { input: "hi" }
      : path.includes(":")
        ? geminiBody(path, model)
        : { messages: [{ role: "user", content: "hi" }] }),
  });

const content = { role: "user", parts: [{ text: "hi" }] };

const geminiBody = (path: string, model: string): object => {
  if (path.endsWith(":embedContent")) return { content };
  if (path.endsWith(":batchEmbedContents")) return { requests: [{ model: `models/${model}`, content }] };
  return { contents: [content] };
};
