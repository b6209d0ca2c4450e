import { isArray, isObject, type Json, type JsonObject } from "../../../src/canonical/json.ts";
import { type Diff, diff, obj, objects, str, toJson } from "../json.ts";
import type { WireName } from "../loader.ts";
import { strictFaults } from "../spec.ts";
import { codecOf, decodeRequest, otherWire, targetFor } from "../subject.ts";
import { type Cell, thrown } from "./cell.ts";

/** A request that its provider accepted, written for the other wire: legal there, and with everything in it or in the warnings. */
export const translateRequests: Cell = (exchange, { subject, judges }) => {
  const sent = exchange.request;
  if (!sent || exchange.status >= 400) return undefined;
  const wire = otherWire(exchange.wire);
  const decoded = decodeRequest(subject, exchange.wire, exchange, sent);
  const request = decoded.request();
  const target = { ...targetFor(exchange, decoded.model, decoded.stream), provider: "elsewhere" };
  const { wireRequest, warnings } = codecOf(subject, wire).encodeRequest(request, target);
  const body = toJson(wireRequest.body);
  const out: Diff[] = [];
  for (const fault of judges?.request(wire, body, wireRequest.headers) ?? [])
    out.push(diff(`${wire}.request.spec`, "fits", fault));
  if (strictFaults(exchange.wire, sent).length === 0) {
    for (const fault of strictFaults(wire, body)) out.push(diff(`${wire}.request.legal`, "legal", fault));
  }
  const reported = warnings.map((warning) => `${warning.code} ${warning.at ?? ""} ${warning.detail ?? ""}`).join("\n");
  for (const [what, text] of substance(exchange.wire, sent)) {
    if (!holds(body, text) && reported === "")
      out.push(diff(`${wire}.request.lost`, `${what}: ${text}`, "neither in the body nor warned of"));
  }
  if (str(obj(body)["model"]) !== decoded.model) out.push(diff(`${wire}.request.model`, decoded.model, obj(body)["model"]));
  out.push(...strictRefusal(() => codecOf(subject, wire).encodeRequest(request, { ...target, strict: true }), warnings));
  return out;
};

/** Where something was dropped, a strict target refuses by name instead. */
function strictRefusal(run: () => unknown, warnings: readonly { readonly kind: string; readonly code: string }[]): Diff[] {
  const dropped = warnings.find((warning) => warning.kind === "dropped");
  try {
    run();
    return dropped ? [diff("strict", "unsupported", `accepted although ${dropped.code}`)] : [];
  } catch (error) {
    const { code, message } = thrown(error);
    return code === "unsupported" ? [] : [diff("strict", "unsupported", `${code}: ${message}`)];
  }
}

/** The texts, names and data that a request is about, by a walk of our own. */
function* substance(wire: WireName, body: JsonObject): Generator<readonly [string, string]> {
  if (wire === "anthropic-messages") yield* texts("system", body["system"]);
  for (const message of objects(body["messages"])) {
    yield* texts(`message of ${String(message["role"])}`, message["content"]);
    for (const call of objects(message["tool_calls"])) yield* named("tool call", obj(call["function"])["name"]);
  }
  for (const tool of objects(body["tools"])) {
    const fn = isObject(tool["function"]) ? tool["function"] : tool;
    if (fn["input_schema"] === undefined && fn["parameters"] === undefined) continue;
    yield* named("tool", fn["name"]);
    yield* named("tool description", fn["description"]);
  }
}

function* texts(what: string, content: Json | undefined): Generator<readonly [string, string]> {
  if (typeof content === "string") yield* named(what, content);
  if (!isArray(content)) return;
  for (const part of objects(content)) {
    switch (part["type"]) {
      case "text":
        yield* named(what, part["text"]);
        break;
      case "image_url":
        yield* named("image", dataOf(str(obj(part["image_url"])["url"]) ?? ""));
        break;
      case "image":
      case "document":
        yield* named(String(part["type"]), obj(part["source"])["data"] ?? obj(part["source"])["url"]);
        break;
      case "tool_use":
        yield* named("tool call", part["name"]);
        break;
      case "tool_result":
        yield* texts("tool result", part["content"]);
        break;
    }
  }
}

const dataOf = (url: string): string => (url.startsWith("data:") ? url.slice(url.indexOf(",") + 1) : url);

function* named(what: string, value: Json | undefined): Generator<readonly [string, string]> {
  const text = str(value)?.trim();
  if (text) yield [what, text];
}

/** Whether any string in the body contains the text. */
function holds(value: Json | undefined, text: string): boolean {
  if (typeof value === "string") return value.includes(text);
  if (isArray(value)) return value.some((one) => holds(one, text));
  return isObject(value) && Object.entries(value).some(([key, one]) => key === text || holds(one, text));
}
