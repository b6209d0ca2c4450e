import { isArray, isObject, type JsonObject } from "../../../src/canonical/json.ts";
import { type Diff, diff, differences, toJson } from "../json.ts";
import type { Exchange } from "../loader.ts";
import { codecOf, decodeRequest, modelOf, targetFor, wantsStream } from "../subject.ts";
import { wireJudges } from "../wires/index.ts";
import { type Cell, thrown } from "./cell.ts";

/** A recorded request, decoded and encoded again with its source dropped, is what was sent; and `extra` hides nothing known. */
export const requests: Cell = (exchange, { subject, judges }) => {
  const sent = exchange.request;
  if (!sent) return undefined;
  if (exchange.status === 400 || exchange.status === 422) {
    const refusal = refused(() => decodeRequest(subject, exchange, sent).request());
    if (refusal) return refusal;
  }
  const decoded = decodeRequest(subject, exchange, sent);
  const request = decoded.request();
  const before = JSON.stringify(request);
  const target = targetFor(exchange, decoded.model, decoded.stream);
  const { wireRequest, warnings } = codecOf(subject, exchange.wire).encodeRequest(request, target);
  const out: Diff[] = differences("request", wireJudges[exchange.wire].upstream(sent), toJson(wireRequest.body));
  const model = modelOf(exchange);
  const stream = wantsStream(exchange);
  if (decoded.model !== model) out.push(diff("request.model", model, decoded.model));
  if (decoded.stream !== stream) out.push(diff("request.stream", stream, decoded.stream));
  out.push(...path(exchange, wireRequest.path));
  if (JSON.stringify(request) !== before)
    out.push(diff("request.mutated", "an untouched canonical request", "encoding changed it"));
  for (const warning of warnings) out.push(diff("request.warning", "none", `${warning.code} at ${warning.at ?? "?"}`));
  if (judges) out.push(...hidden(toJson(request), "", (place) => judges.known(exchange.wire, place)));
  return out;
};

/** A model that the wire has in its path is there. */
function path({ named, path: own }: Exchange, given: string): Diff[] {
  if (named === undefined) return [];
  const due = `${own}${own.endsWith(":streamGenerateContent") ? "?alt=sse" : ""}`;
  return given === due ? [] : [diff("request.path", due, given)];
}

/** What the provider refused we may refuse too, if we say which field is at fault. */
function refused(run: () => unknown): readonly Diff[] | undefined {
  try {
    run();
    return undefined;
  } catch (error) {
    const { code, message } = thrown(error);
    return code === "invalid_request" ? [] : [diff("request.refused", "invalid_request", `${code}: ${message}`)];
  }
}

/** Members of any `extra` that the specification names at that place. */
function hidden(value: ReturnType<typeof toJson>, place: string, known: (place: string) => ReadonlySet<string>): Diff[] {
  if (isArray(value)) return value.flatMap((one) => hidden(one, place, known));
  if (!isObject(value)) return [];
  const out: Diff[] = [];
  const here = placeOf(value, place);
  for (const [key, inner] of Object.entries(value)) {
    if (key === "extra" && isObject(inner)) {
      for (const [name, kept] of Object.entries(inner)) {
        if (!known(here).has(name)) continue;
        // Unknown members of a known object are kept under its name.
        const within = known(`${here}/${name}`);
        const hiding = isObject(kept) && within.size > 0 ? Object.keys(kept).filter((one) => within.has(one)) : [""];
        for (const one of hiding) out.push(diff(`extra.${here}.${name}.${one}`, "a field of its own", "hidden in extra"));
      }
    } else if (inner !== undefined && !opaque.has(key)) out.push(...hidden(inner, key, known));
  }
  return out;
}

/** Payloads that are not canonical structure. */
const opaque = new Set([
  "raw",
  "value",
  "definition",
  "parameters",
  "schema",
  "metadata",
  "inputExamples",
  "container",
  "contextManagement",
]);

/** Names the place as spec.ts does: `request`, `message.user`, `part.text`, `tool` … */
function placeOf(value: JsonObject, key: string): string {
  if (key === "") return "request";
  if (key === "messages") return `message.${String(value["role"])}`;
  if (key === "content" || key === "parts") return `part.${String(value["type"])}`;
  if (key === "tools") return "tool";
  return key;
}
