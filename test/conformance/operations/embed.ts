import type { EmbedResult, Vector } from "../../../src/canonical/embed.ts";
import { isArray, type Json, type JsonObject } from "../../../src/canonical/json.ts";
import { thrown } from "../cells/cell.ts";
import { type Diff, diff, differences, num, obj, objects, str, toJson } from "../json.ts";
import { readUsage } from "../read-canonical.ts";
import type { Judges } from "../spec.ts";
import { holds } from "../wires/substance.ts";
import { codecFor, incoming, type SmallExchange, smallTarget, wiresWith } from "./exchange.ts";
import { refusals, relayed } from "./small.ts";

/** Vectors and their count, to a caller on the same wire and on the other; requests there and back. */
export function embed(exchange: SmallExchange, judges: Judges | undefined): readonly Diff[] | undefined {
  if (exchange.status >= 400) return refusals(exchange);
  const sent = exchange.request ?? stub(exchange);
  const codec = codecFor(exchange.wire, "embed");
  if (!codec.decodeRequest) return [diff("embed.decode", "a codec for callers", "none")];
  const asked = codec.decodeRequest(incoming(exchange, sent));
  const request = asked.request();
  const encoded = codec.encodeRequest(request, smallTarget(exchange));
  const out: Diff[] = [
    ...differences("embed.request", sent, toJson(encoded.wireRequest.body)),

    // A caller who asked for one spelling of the numbers gets it, whatever the provider sent.
    ...relayed(exchange, sent, "embed", (recorded, served) => sameVectors("", vectors(recorded), vectors(served)).length === 0),
  ];
  for (const { code } of encoded.warnings) out.push(diff("embed.request.warning", "none", code));
  const { whole } = exchange;
  if (!whole) return out;
  const result = encoded.decoder.whole(whole);
  out.push(...decoded(whole, result));
  const meta = { id: "call-1", createdAt: 1, model: "m" };
  out.push(...sameVectors("embed.served", vectors(whole), vectors(asked.encoder(meta).whole(result))));
  for (const wire of wiresWith("embed").filter((one) => one !== exchange.wire)) {
    const other = codecFor(wire, "embed");
    const check = `embed.to.${wire.name}`;
    try {
      const { wireRequest, warnings } = other.encodeRequest(request, { ...smallTarget(exchange), provider: "elsewhere" });
      const body = toJson(wireRequest.body);
      for (const fault of judges?.embedRequest(wire.name, body) ?? []) out.push(diff(`${check}.spec`, "fits", fault));
      for (const text of texts(sent)) {
        if (!holds(body, text) && warnings.length === 0)
          out.push(diff(`${check}.lost`, text, "neither in the body nor warned of"));
      }
    } catch (error) {
      const { code, message } = thrown(error);
      if (code !== "unsupported" || allTexts(sent)) out.push(diff(check, "a request", `${code}: ${message}`));
    }
    const encoder = other.decodeRequest?.({ ...asking(wire.name), query: "", headers: {} }).encoder(meta);
    const served = vectors(whole).flat().every(Number.isFinite) ? encoder?.whole(result) : undefined;
    // Bytes that are no floats cannot be told on a wire that knows nothing else.
    if (served === undefined) continue;
    out.push(...sameVectors(`${check}.served`, vectors(whole), vectors(served)));
  }
  return out;
}

/** A request for as many vectors as came. */
const stub = ({ wire, named, whole = {} }: SmallExchange): JsonObject =>
  named === undefined ? { model: "unnamed-model", input: vectors(whole).map(() => "Hello") } : { ...asking(wire.name).body };

const asking = (wire: string): { readonly path: string; readonly named?: string; readonly body: JsonObject } =>
  wire === "gemini"
    ? {
        path: "/v1beta/models/any:batchEmbedContents",
        named: "any",
        body: { requests: [{ model: "models/any", content: { parts: [{ text: "Hello" }] } }] },
      }
    : { path: "/v1/embeddings", body: { model: "any", input: "Hello" } };

function decoded(whole: JsonObject, result: EmbedResult): Diff[] {
  const out = sameVectors("embed.vectors", vectors(whole), result.vectors.map(numbers));
  const usage = obj(whole["usage"]);
  const tokens = num(usage["prompt_tokens"]) ?? num(usage["total_tokens"]);
  if (tokens !== undefined && result.usage === undefined) out.push(diff("embed.usage", tokens, "none"));
  if (tokens !== undefined && result.usage && readUsage(result.usage).input !== tokens)
    out.push(diff("embed.usage", tokens, readUsage(result.usage).input));
  return out;
}

/** A reply's vectors, whichever wire it stands on. */
function vectors(body: JsonObject): readonly (readonly number[])[] {
  if (isArray(body["data"])) {
    const sorted = objects(body["data"]).toSorted((a, b) => (num(a["index"]) ?? 0) - (num(b["index"]) ?? 0));
    return sorted.map(({ embedding }) => spelled(embedding));
  }
  if (isArray(body["embeddings"])) return objects(body["embeddings"]).map(({ values }) => spelled(values));
  return [spelled(obj(body["embedding"])["values"])];
}

const spelled = (value: Json | undefined): readonly number[] =>
  typeof value === "string" ? floats(value) : isArray(value) ? value.map((one) => num(one) ?? Number.NaN) : [];

const numbers = (vector: Vector): readonly number[] => ("base64" in vector ? floats(vector.base64) : vector);

function floats(base64: string): number[] {
  const bytes = Uint8Array.from(Buffer.from(base64, "base64"));
  const view = new DataView(bytes.buffer);
  return Array.from({ length: bytes.length / 4 }, (_, at) => view.getFloat32(at * 4, true));
}

/** The same numbers, as far as 32 bits hold them. */
function sameVectors(check: string, due: readonly (readonly number[])[], got: readonly (readonly number[])[]): Diff[] {
  if (due.length !== got.length) return [diff(`${check}.count`, due.length, got.length)];
  const wrong = due.findIndex((vector, at) => {
    const other = got[at] ?? [];
    return (
      vector.length !== other.length || vector.some((value, i) => !Object.is(Math.fround(value), Math.fround(other[i] ?? 0)))
    );
  });
  return wrong === -1 ? [] : [diff(check, due[wrong]?.slice(0, 3), got[wrong]?.slice(0, 3))];
}

/** What every embedding service takes. */
function allTexts(sent: JsonObject): boolean {
  const { input } = sent;
  if (isArray(input)) return input.every((one) => typeof one === "string");
  const requests = isArray(sent["requests"]) ? objects(sent["requests"]) : [sent];
  return (
    typeof input === "string" ||
    requests.every((one) => objects(obj(one["content"])["parts"]).every((part) => typeof part["text"] === "string"))
  );
}

/** The texts to be embedded. */
function texts(sent: JsonObject): string[] {
  const { input } = sent;
  if (typeof input === "string") return [input];
  if (isArray(input)) return input.flatMap((one) => str(one) ?? []);
  const requests = isArray(sent["requests"]) ? objects(sent["requests"]) : [sent];
  return requests.flatMap((one) => objects(obj(one["content"])["parts"]).flatMap((part) => str(part["text"]) ?? []));
}
