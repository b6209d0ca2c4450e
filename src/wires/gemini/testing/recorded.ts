import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { isObject, type Json } from "../../../canonical/json.ts";

export const root = process.env["POLYGATE_RECORDINGS"] ?? "../shared/recordings/open";
export const skip = existsSync(root) ? false : "no recordings here";

export interface Recorded {
  readonly file: string;
  readonly verb: string;
  readonly model: string;
  readonly query: string;
  readonly request: Json | undefined;
  readonly status: number;
  readonly reply: Json | undefined;
}

/** What was recorded of these verbs, at either of Google's addresses. */
export function* recordings(verbs: readonly string[]): Generator<Recorded> {
  for (const folder of verbs.flatMap((verb) => [join("gemini", verb), join("vertex", verb)])) {
    const path = join(root, folder);
    if (!existsSync(path)) continue;
    for (const file of readdirSync(path)) {
      const found: Json = JSON.parse(readFileSync(join(path, file), "utf8"));
      if (!isObject(found) || !isObject(found["request"]) || !isObject(found["response"]))
        throw new Error(`${file} is no recording`);
      const { request, response } = found;
      const url = new URL(String(request["url"]));
      const [, model = "m", verb = ""] = /models\/([^:]+):(\w+)$/.exec(url.pathname) ?? [];
      const { body } = response;
      yield {
        file: `${folder}/${file}`,
        verb,
        model,
        query: url.search.slice(1),
        request: request["body"],
        status: Number(response["status"]),
        reply: body,
      };
    }
  }
}
