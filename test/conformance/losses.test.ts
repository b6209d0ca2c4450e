import assert from "node:assert/strict";
import { dirname, resolve } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import type { ChatRequest } from "../../src/canonical/chat.ts";
import type { Warning } from "../../src/canonical/warnings.ts";
import type { Quirks } from "../../src/wires/wire.ts";
import { type Exchange, find, load } from "./loader.ts";
import { codecOf, decodeRequest, loadSubject, otherWires, targetFor } from "./subject.ts";

/* One loss has one code, whatever wire it is lost on: what is lost of a recorded request is compared over all it could go to. */

const root = resolve(dirname(fileURLToPath(import.meta.url)), "../..");
const recordings = resolve(root, process.env["POLYGATE_RECORDINGS"] ?? "../shared/recordings/open");
const subject = await loadSubject(root);
/** One for each maker, with a model's own limits, and one that nobody knows. */
const models = ["m", "gpt-5", "claude-opus-5", "gemini-2.5-flash"];
const quirks: readonly Quirks[] = [{}, { signedThinking: true, schemaDialect: "openapi", schemaOutput: false }];

/** Two losses of one place: thoughts and the seal on them. */
const apart = new Set(["seal_dropped"]);

function* losses(exchange: Exchange, request: ChatRequest): Iterable<Warning> {
  for (const wire of otherWires(subject, exchange.wire)) {
    for (const model of models) {
      for (const quirk of quirks) {
        try {
          yield* codecOf(subject, wire).encodeRequest(request, { ...targetFor(exchange, model, false), quirks: quirk }).warnings;
        } catch {
          // A history that no provider takes is refused.
        }
      }
    }
  }
}

test("what is lost at one place has one code, whichever provider it does not reach", { timeout: 120_000 }, (t) => {
  const codes = new Set<string>();
  const differing = new Map<string, string>();
  for (const exchange of [...find(resolve(root, "test/fixtures"), true), ...find(recordings, false)].flatMap(load)) {
    if (exchange.request === undefined) continue;
    let request: ChatRequest;
    try {
      request = decodeRequest(subject, exchange, exchange.request).request();
    } catch {
      continue;
    }
    const first = new Map<string, string>();
    for (const { kind, code, at = "" } of losses(exchange, request)) {
      if (kind === "repaired" || apart.has(code)) continue;
      codes.add(code);
      const place = `${kind} ${at}`;
      const known = first.get(place) ?? code;
      first.set(place, known);
      if (known !== code) differing.set(`${place.replace(/\d+/g, "#")}: ${known} and ${code}`, exchange.id);
    }
  }
  t.diagnostic(`${codes.size} codes: ${[...codes].sort().join(" ")}`);
  assert.deepEqual([...differing], []);
});
