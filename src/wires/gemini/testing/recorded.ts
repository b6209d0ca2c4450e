import { type Recorded, recordings } from "../../shared/testing/recorded.ts";

/** An exchange, with what its URL says. */
export interface Asked extends Recorded {
  readonly verb: string;
  readonly model: string;
  readonly query: string;
}

/** What was recorded of these verbs, at either of Google's addresses. */
export function* asked(verbs: readonly string[]): Generator<Asked> {
  for (const recorded of recordings(verbs.flatMap((verb) => [`gemini/${verb}`, `vertex/${verb}`]))) {
    const { pathname, search } = recorded.url;
    const [, model = "m", verb = ""] = /models\/([^:]+):(\w+)$/.exec(pathname) ?? [];
    yield { ...recorded, verb, model, query: search.slice(1) };
  }
}
