import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { GatewayError } from "../../../src/canonical/error.ts";
import type { JsonObject } from "../../../src/canonical/json.ts";
import type { Operation } from "../../../src/canonical/operations.ts";
import { parseJsonBody } from "../../../src/framing/json-body.ts";
import { anthropicMessages } from "../../../src/wires/anthropic-messages/index.ts";
import { gemini } from "../../../src/wires/gemini/index.ts";
import { openaiChat } from "../../../src/wires/openai-chat/index.ts";
import { openaiEmbeddings } from "../../../src/wires/openai-embeddings/index.ts";
import { openaiResponses } from "../../../src/wires/openai-responses/index.ts";
import type { Target, Wire } from "../../../src/wires/wire.ts";
import { richBodies } from "./rich-bodies.ts";

/*
 * S3: names that JavaScript gives a meaning are names like any other. Each is put into each object of a request and in place of each of
 * its texts; the request is then decoded and said to every provider.
 */

const wires: readonly Wire[] = [openaiChat, openaiResponses, anthropicMessages, gemini, openaiEmbeddings];
const names = [
  "constructor",
  "prototype",
  "toString",
  "valueOf",
  "hasOwnProperty",
  "then",
  "toJSON",
  "__defineGetter__",
  "length",
];
/** As a model's arguments may be. */
const carried = '{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}}}';
const target: Target = { provider: "p", model: "m", stream: false, callId: "call_1", quirks: {} };

/** The text with `member` put first into its object number `at`, outside of strings. */
function planted(text: string, at: number, member: string): string | undefined {
  let seen = 0;
  for (let i = 0; i < text.length; i++) {
    if (text[i] === '"') for (i++; text[i] !== '"'; i++) if (text[i] === "\\") i++;
    if (text[i] !== "{") continue;
    if (seen++ === at) return `${text.slice(0, i + 1)}${member}${text[i + 1] === "}" ? "" : ","}${text.slice(i + 1)}`;
  }
  return undefined;
}

/** Every object's prototype is the usual one: nobody's members have become another's. */
function checkPrototypes(value: unknown, where: string): void {
  if (typeof value !== "object" || value === null || ArrayBuffer.isView(value)) return;
  const prototype: unknown = Object.getPrototypeOf(value);
  const usual =
    prototype === null || [Object.prototype, Array.prototype, Map.prototype, Set.prototype].some((one) => one === prototype);
  assert.ok(usual || prototype?.constructor !== Object, `${where} has a prototype of its own`);
  for (const [name, member] of Object.entries(value)) checkPrototypes(member, `${where}.${name}`);
}

type Verdict = "taken" | "refused";

function through(wire: Wire, operation: Operation, path: string, text: string): Verdict {
  const said = (body: JsonObject): Verdict => {
    const codec = wire.codecs[operation];
    const decoded = codec?.decodeRequest?.({
      path,
      query: "",
      headers: {},
      body,
      ...(path.includes("{") ? {} : { named: "p/m" }),
    });
    assert.ok(decoded !== undefined);
    const request = decoded.request();
    checkPrototypes(request, "request");
    let verdict: Verdict = "refused";
    for (const other of wires) {
      const encoder = other.codecs[operation];
      if (encoder === undefined) continue;
      try {
        // The request is of the operation it was decoded for.
        const encoded = Reflect.apply(encoder.encodeRequest, encoder, [request, target]);
        checkPrototypes(encoded.wireRequest.body, other.name);
        JSON.stringify(encoded.wireRequest.body);
        verdict = "taken";
      } catch (thrown) {
        if (!(thrown instanceof GatewayError) || thrown.code === "internal") throw thrown;
      }
    }
    return verdict;
  };
  try {
    return said(parseJsonBody(Buffer.from(text)).json);
  } catch (thrown) {
    if (thrown instanceof GatewayError && thrown.code !== "internal") return "refused";
    throw thrown;
  }
}

describe("S3, #43: names with a meaning in JavaScript", { timeout: 120_000 }, () => {
  for (const { wire, operation, path, body } of richBodies) {
    it(`are names like any other: ${wire.name} ${operation}`, (t) => {
      const frozen = JSON.stringify(Object.getOwnPropertyNames(Object.prototype));
      const text = JSON.stringify(body);
      assert.equal(through(wire, operation, path, text), "taken", "the request itself is good");
      const counts = { taken: 0, refused: 0 };
      const faults: string[] = [];
      const attempt = (what: string, changed: string): void => {
        try {
          counts[through(wire, operation, path, changed)]++;
        } catch (thrown) {
          faults.push(`${what}: ${thrown instanceof Error ? thrown.stack?.split("\n").slice(0, 3).join(" ") : String(thrown)}`);
        }
      };
      for (const name of names) {
        for (let at = 0; ; at++) {
          const changed = planted(text, at, `"${name}":{"prototype":{"polluted":true},"polluted":true}`);
          if (changed === undefined) break;
          attempt(`${name} in object ${at}`, changed);
        }
      }
      for (const leaf of text.matchAll(/(?<=[:[,])"(?:[^"\\]|\\.)*"(?!:)/g)) {
        for (const name of [...names, "__proto__", carried]) {
          attempt(
            `${leaf[0]} at ${leaf.index} = ${name}`,
            `${text.slice(0, leaf.index)}${JSON.stringify(name)}${text.slice(leaf.index + leaf[0].length)}`,
          );
        }
      }
      for (let at = 0; ; at++) {
        const changed = planted(text, at, '"__proto__":{"polluted":true}');
        if (changed === undefined) break;
        assert.equal(through(wire, operation, path, changed), "refused");
        counts.refused++;
      }
      t.diagnostic(`S3: ${counts.taken} taken, ${counts.refused} refused, ${faults.length} broken`);
      assert.deepEqual(faults, []);
      assert.equal("polluted" in {}, false);
      assert.equal(JSON.stringify(Object.getOwnPropertyNames(Object.prototype)), frozen);
    });
  }
});

it("the check of prototypes can fail", () => {
  const copy: { [name: string]: unknown } = {};
  for (const [name, value] of Object.entries(JSON.parse('{"__proto__":{"polluted":true}}'))) copy[name] = value;
  assert.throws(() => checkPrototypes({ inner: [copy] }, "copy"), /copy\.inner\.0 has a prototype/);
});
