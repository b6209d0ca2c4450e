import assert from "node:assert/strict";
import { it } from "node:test";
import { startStack } from "../stack.ts";

/* What is said of an answer that a guard has changed: to its caller, and in the books. */

const content = "0123456789".repeat(20);

it("an answer cut by max_characters is told to its caller, and the books say it", { timeout: 60_000 }, async () => {
  const stack = await startStack({ yaml: "guards: { output: { max_characters: 100 } }", simulator: { pace: { ms: 5 } } });
  try {
    for (const provider of ["oai", "ant"]) {
      const asked = { model: `${provider}/echo`, messages: [{ role: "user" as const, content }] };
      const { data, response } = await stack.openai.chat.completions.create(asked).withResponse();
      assert.equal(data.choices[0]?.finish_reason, "length");
      assert.equal(data.choices[0]?.message.content?.length, 100);
      assert.match(response.headers.get("x-polygate-warnings") ?? "", /guard_max_characters/);
      let finish: string | null | undefined;
      for await (const chunk of await stack.openai.chat.completions.create({ ...asked, stream: true }))
        finish = chunk.choices[0]?.finish_reason ?? finish;
      assert.equal(finish, "length");
    }
    // One that is within the limit, and one whose provider fails, are booked as ever.
    await stack.openai.chat.completions.create({ model: "oai/echo", messages: [{ role: "user", content: "short" }] });
    await assert.rejects(
      stack.openai.chat.completions.create({ model: "oai/fault:401", messages: [{ role: "user", content: "x" }] }),
    );
    const rows = await stack.ledger();
    assert.deepEqual(
      rows.map(({ stream, terminal, finish_reason, warnings, output_visible }) => [
        Number(stream) === 1,
        terminal,
        finish_reason,
        /guard_max_characters/.test(warnings ?? ""),
        Number(stream) === 1 || output_visible !== null,
      ]),
      [
        ...["oai", "ant"].flatMap(() => [
          [false, "limited", "length", true, true],
          [true, "limited", "length", true, true],
        ]),
        [false, "finished", "stop", false, true],
        [false, "error", null, false, false],
      ],
    );
    assert.deepEqual(stack.troubles, []);
  } finally {
    await stack.close();
  }
});

it("what a guard found in an answer stands in the books as well", { timeout: 60_000 }, async () => {
  const stack = await startStack({ yaml: "guards: { output: { pii: redact } }" });
  try {
    const messages = [{ role: "user", content: "to mary.major@example.com" }] as const;
    await stack.openai.chat.completions.create({ model: "oai/echo", messages: [...messages] });
    const refused = await startStack({ yaml: "guards: { output: { pii: refuse } }" });
    try {
      await assert.rejects(refused.openai.chat.completions.create({ model: "oai/echo", messages: [...messages] }));
      const [row, ...more] = await refused.ledger();
      assert.equal(more.length, 0);
      assert.match(row?.warnings ?? "", /guard_pii_refused/);
    } finally {
      await refused.close();
    }
    const [row] = await stack.ledger();
    assert.match(row?.warnings ?? "", /guard_pii_redacted/);
    assert.equal(row?.terminal, "finished");
  } finally {
    await stack.close();
  }
});
