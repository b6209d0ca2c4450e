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

async function knock(address: string, { method, path }: Declared, key: string | undefined): Promise<number> {
  const at = path.replace("{model}", "p%2Fm").replace("{id}", "resp_1");
  const answer = await fetch(`${address}${at}`, {
    method,
    headers: {
      ...(key !== undefined && { authorization: `Bearer ${key}` }),
      ...(method === "POST" && { "content-type": "application/json" }),
    },
    ...(method === "POST" && { body: bodyFor(at) }),
  });
  await answer.arrayBuffer();
  return answer.status;
}

/** What every wire takes at its paths. */
const bodyFor = (path: string): string =>
  JSON.stringify({
    model: "p/m",
    max_tokens: 5,
    ...(path.includes("responses") || path.endsWith("embeddings")
      ? { input: "hi" }
      : path.includes(":")
        ? geminiBody(path)
        : { messages: [{ role: "user", content: "hi" }] }),
  });

const content = { role: "user", parts: [{ text: "hi" }] };

const geminiBody = (path: string): object => {
  if (path.endsWith(":embedContent")) return { content };
  if (path.endsWith(":batchEmbedContents")) return { requests: [{ model: "models/p/m", content }] };
  return { contents: [content] };
};
