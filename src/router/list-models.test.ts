import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { GatewayError } from "../canonical/error.ts";
import { modelViews } from "../ingress/models.ts";
import { FakeClock } from "../transport/testing/fake-clock.ts";
import { ModelList, readList } from "./list-models.ts";
import { ScriptedTransport, twoProviders } from "./testing/calls.ts";

const list = (...ids: readonly string[]): string => JSON.stringify({ data: ids.map((id) => ({ id, created: 5 })) });

describe("readList", () => {
  it("reads seconds and dates, and takes no nonsense", () => {
    const created = (entry: { readonly [name: string]: string | number | null }) =>
      readList({ data: [{ id: "m", ...entry }] }, "p")[0]?.createdAt;
    assert.equal(created({ created: 1_700_000_000.7 }), 1_700_000_000);
    assert.equal(created({ created_at: "2025-05-14T00:00:00Z" }), 1_747_180_800);
    for (const nonsense of [
      {},
      { created: "x" },
      { created: -1 },
      { created: 1.7e18 },
      { created: Number.POSITIVE_INFINITY },
      { created_at: "soon" },
      { created: null },
    ])
      assert.equal(created(nonsense), 0, JSON.stringify(nonsense));
    assert.deepEqual(
      readList({ data: [{ id: "m" }, { id: 7 }, null, "x", [], { name: "y" }] }, "p").map(({ id }) => id),
      ["p/m"],
    );
    const google = { models: [{ name: "models/gemini-3-flash" }, { name: 7 }, { id: "y" }] };
    assert.deepEqual(
      readList(google, "g").map(({ id }) => id),
      ["g/gemini-3-flash"],
    );
    for (const none of [null, [], "x", {}, { data: {} }]) assert.deepEqual(readList(none, "p"), []);
  });

  it("gives what both wires can show, whatever a provider says", () => {
    const models = readList(
      {
        data: [
          { id: "a", created: 1e300 },
          { id: "b", created: 253_402_300_799 },
        ],
      },
      "p",
    );
    assert.equal(JSON.stringify(modelViews.anthropic.list(models)).match(/"created_at":"(?:1970|9999)-/g)?.length, 2);
    assert.equal(JSON.stringify(modelViews.openai.list(models)).match(/"owned_by":"p"/g)?.length, 2);
    assert.deepEqual(modelViews.anthropic.list([]), { data: [], has_more: false, first_id: null, last_id: null });
  });
});

describe("ModelList", () => {
  it("asks each provider in its own way, at most once a minute", async () => {
    const clock = new FakeClock();
    const replies = [{ reads: [list("a")] }, { reads: [list("b")] }, { reads: [list("c")] }, { reads: [list("d")] }];
    const transport = new ScriptedTransport(replies);
    const models = new ModelList(twoProviders, transport, clock);
    const ids = async () => (await models.all()).models.map(({ id }) => id);
    assert.deepEqual(await Promise.all([ids(), ids()]), [
      ["oai/a", "ant/b"],
      ["oai/a", "ant/b"],
    ]);
    clock.advance(59_999);
    assert.deepEqual(await ids(), ["oai/a", "ant/b"]);
    clock.advance(1);
    assert.deepEqual(await ids(), ["oai/c", "ant/d"]);
    const [openai, anthropic] = transport.asked;
    assert.equal(`${openai?.origin}${openai?.path}`, "http://oai.test/v1/models");
    assert.equal(openai?.headers["authorization"], "Bearer sk-oai");
    assert.equal(openai?.headers["anthropic-version"], undefined);
    assert.equal(`${anthropic?.origin}${anthropic?.path}`, "http://ant.test/v1/models");
    assert.equal(anthropic?.headers["x-api-key"], "sk-ant");
    assert.ok(anthropic?.headers["anthropic-version"]);
  });

  it("shows the others when one fails, and asks that one again", async () => {
    const down = new GatewayError("unreachable", "gone");
    const transport = new ScriptedTransport([down, { reads: [list("b")] }, { reads: ["<html>"] }, { reads: [list("a")] }]);
    const models = new ModelList(twoProviders, transport, new FakeClock());
    const ids = async () => (await models.all()).models.map(({ id }) => id);
    assert.deepEqual(await ids(), ["ant/b"]);
    assert.deepEqual(await ids(), ["ant/b"]);
    assert.deepEqual(await ids(), ["oai/a", "ant/b"]);
  });

  it("names the provider that refused, and why", async () => {
    const transport = new ScriptedTransport([{ status: 401, reads: [list("x")] }, { reads: [list("b")] }]);
    const { models, silent } = await new ModelList(twoProviders, transport, new FakeClock()).all();
    assert.deepEqual(
      models.map(({ id }) => id),
      ["ant/b"],
    );
    assert.deepEqual(silent, [{ provider: "oai", reason: "oai refused the gateway's credential (HTTP 401)." }]);
  });
});
