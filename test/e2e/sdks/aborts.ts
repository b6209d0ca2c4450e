import assert from "node:assert/strict";
import type { Entry } from "../../../src/simulator/index.ts";
import type { Check } from "./check.ts";

/* Whoever goes away takes the upstream's work with them, and nobody asks again. */

interface Phase {
  readonly name: string;
  readonly model: string;
  readonly stream: boolean;
  /** The upstream has come so far that the caller leaves. */
  readonly reached: (entry: Entry) => boolean;
}

const phases: readonly Phase[] = [
  { name: "abort of a whole answer", model: "fault:stall-headers", stream: false, reached: () => true },
  { name: "abort before headers", model: "fault:stall-headers", stream: true, reached: () => true },
  { name: "abort before content", model: "fault:stall:1", stream: true, reached: ({ events }) => events >= 1 },
  { name: "abort in the middle", model: "echo-slow", stream: true, reached: ({ events }) => events >= 6 },
];

export const aborts: readonly Check[] = phases.map(({ name, model: id, stream, reached }) => ({
  name,
  breaks: true,
  async run({ driver, upstream, place, model, journal, received, rows, throughGateway }) {
    const first = journal.received + 1;
    const leaving = new AbortController();
    const prompt = "one two three four five six seven eight nine ten ".repeat(20);
    const answer = driver.ask(place, { model: model(id), stream, prompt, signal: leaving.signal }).then(
      (said) => ({ said, thrown: undefined }),
      (thrown: unknown) => ({ said: undefined, thrown }),
    );
    const own = (entry: Entry): boolean => entry.number >= first && entry.wire === upstream;
    await Promise.race([
      journal.waitFor((entry) => own(entry) && reached(entry)),
      answer.then(({ said, thrown }) => assert.fail(`it ended before it was left: ${JSON.stringify(said)} ${String(thrown)}`)),
    ]);
    leaving.abort();
    await journal.waitFor((entry) => own(entry) && entry.outcome === "aborted");
    const { said, thrown } = await answer;
    assert.equal(said, undefined, "it is not given as an answer");
    assert.ok(driver.isAbort(thrown), `thrown was ${String(thrown)}`);
    if (throughGateway)
      assert.deepEqual(
        (await rows()).map(({ terminal }) => terminal),
        ["cancelled"],
      );
    assert.equal(received().length, 1, "nobody asks again");
  },
}));
