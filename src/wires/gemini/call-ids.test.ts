import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { CallIds } from "./call-ids.ts";

/** The ids that results get, by the rule as it reads: the first call without a result that has the id, else the name. */
function expected(calls: readonly Said[], results: readonly Said[], ids: readonly string[]): readonly string[] {
  const open = calls.map(({ name }, at) => ({ name, id: ids[at] ?? "" }));
  return results.map(({ id, name }) => {
    const found = open.find((call) => call.id === id) ?? open.find((call) => call.name === name);
    if (id !== undefined && found?.id !== id && !found?.id.startsWith("made_")) return id;
    if (found === undefined) return id ?? new CallIds().result(undefined, name);
    open.splice(open.indexOf(found), 1);
    return found.id;
  });
}

interface Said {
  readonly id?: string | undefined;
  readonly name: string;
}

const said = fc.array(fc.record({ id: fc.constantFrom(undefined, "a", "b", "c"), name: fc.constantFrom("f", "g") }), {
  maxLength: 8,
});

describe("ids of calls that may have none", () => {
  it("lead from each result to the first call that it can belong to", () => {
    fc.assert(
      fc.property(said, said, (calls, results) => {
        const ids = new CallIds();
        ids.message(true);
        const given = calls.map(({ id, name }, at) => ids.call(id, name, "{}", String(at)));
        ids.message(false);
        const found = results.map(({ id, name }) => ids.result(id, name));
        assert.deepEqual(found, expected(calls, results, given));
      }),
    );
  });

  it("begin anew with the model's next turn", () => {
    const ids = new CallIds();
    ids.message(true);
    ids.call("old", "f", "{}", "0");
    ids.message(false);
    ids.message(true);
    const made = ids.call(undefined, "f", "{}", "1");
    ids.message(false);
    assert.equal(ids.result(undefined, "f"), made);
  });

  it("are found in a turn of very many calls", { timeout: 20_000 }, () => {
    const ids = new CallIds();
    ids.message(true);
    const given = Array.from({ length: 100_000 }, (_, at) => ids.call(undefined, "f", "{}", String(at)));
    ids.message(false);
    for (const id of given) if (ids.result(undefined, "f") !== id) assert.fail(id);
  });
});
