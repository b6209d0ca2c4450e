import { isArray } from "../../../src/canonical/json.ts";
import { type Diff, diff, obj, objects, str, toJson } from "../json.ts";
import type { Exchange } from "../loader.ts";
import { codecOf, decodeRequest, targetFor } from "../subject.ts";
import { wireJudges } from "../wires/index.ts";
import { holds } from "../wires/substance.ts";
import { type TargetCell, thrown } from "./cell.ts";

/** A request that its provider accepted, written for another wire: legal there, and with everything in it or in the warnings. */
export const translateRequests: TargetCell = (exchange, { subject, judges }, wire) => {
  const sent = exchange.request;
  if (!sent || exchange.status >= 400) return undefined;
  const decoded = decodeRequest(subject, exchange, sent);
  const request = decoded.request();
  const target = { ...targetFor(exchange, decoded.model, decoded.stream), provider: "elsewhere" };
  if (kept(exchange)) return refused(() => codecOf(subject, wire).encodeRequest(request, target));
  const { wireRequest, warnings } = codecOf(subject, wire).encodeRequest(request, target);
  const body = toJson(wireRequest.body);
  const out: Diff[] = [];
  for (const fault of judges?.request(wire, body, wireRequest.headers) ?? [])
    out.push(diff(`${wire}.request.spec`, "fits", fault));
  if (wireJudges[exchange.wire].strict(sent).length === 0) {
    for (const fault of wireJudges[wire].strict(body)) out.push(diff(`${wire}.request.legal`, "legal", fault));
  }
  const reported = warnings.map((warning) => `${warning.code} ${warning.at ?? ""} ${warning.detail ?? ""}`).join("\n");
  for (const [what, text] of wireJudges[exchange.wire].substance(sent)) {
    if (!holds(body, text) && reported === "")
      out.push(diff(`${wire}.request.lost`, `${what}: ${text}`, "neither in the body nor warned of"));
  }
  const model = /\/models\/(.+):\w+(?:\?|$)/.exec(decodeURIComponent(wireRequest.path))?.[1] ?? str(obj(body)["model"]);
  if (model !== decoded.model) out.push(diff(`${wire}.request.model`, decoded.model, model));
  return out;
};

/** Requests that go on from, or are made of, what only their provider keeps. */
function kept({ wire, request = {} }: Exchange): boolean {
  if (wire !== "openai-responses") return false;
  const fields = ["previous_response_id", "conversation", "prompt"].some((name) => (request[name] ?? null) !== null);
  return fields || (isArray(request["input"]) && objects(request["input"]).some((item) => item["type"] === "item_reference"));
}

/** Nobody else can serve it: refused by name. */
function refused(run: () => unknown): Diff[] {
  try {
    run();
    return [diff("kept", "unsupported", "accepted although a part of it lies with its provider")];
  } catch (error) {
    const { code, message } = thrown(error);
    const named = error instanceof Error && "param" in error && isString(error.param);
    return code === "unsupported" && named ? [] : [diff("kept", "unsupported with the field", `${code}: ${message}`)];
  }
}

const isString = (value: unknown): boolean => typeof value === "string";
