import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { loadConfig } from "../../../src/config/load.ts";
import { ConfigError } from "../../../src/config/problems.ts";
import { knownNames } from "../../../src/providers/index.ts";
import { asked, pairs, providerOf, startFourWires } from "../pains/kit/four-wires.ts";

function problems(yaml: string): string {
  try {
    loadConfig({
      argvPath: "/x/polygate.yaml",
      env: {},
      cwd: "/x",
      readFile: (path) => (path.endsWith("yaml") ? yaml : undefined),
      known: knownNames,
    });
    return "";
  } catch (thrown) {
    assert.ok(thrown instanceof ConfigError);
    return thrown.problems.map(({ line, message }) => `${line}: ${message}`).join("\n");
  }
}

describe("settings of guards", { timeout: 60_000 }, () => {
  it("by default characters that are not for reading are told of, and the call is relayed", async () => {
    const gateway = await startFourWires();
    try {
      const body = { messages: [{ role: "user", content: "a\u202eb" }], unknown_field: 1 };
      const { status, headers, text } = await gateway.post("openai-chat", "oai/echo", body);
      assert.equal(status, 200, text);
      assert.match(headers["x-polygate-warnings"] ?? "", /guard_control_characters at=messages\[0\]\.content/);
      assert.equal(Number((await gateway.ledger()).at(-1)?.relayed), 1);
      const plain = await gateway.post("openai-chat", "oai/echo", {
        messages: [{ role: "user", content: "jane@example.com, “naïve” 👩‍👩‍👧" }],
      });
      assert.equal(plain.headers["x-polygate-warnings"], "none");
    } finally {
      await gateway.close();
    }
  });

  it("safety settings reach providers of Gemini's wire alone, whoever asks", async () => {
    const gateway = await startFourWires({
      yaml: "guards: { safety: { gem: { HARM_CATEGORY_HARASSMENT: BLOCK_ONLY_HIGH } }, safety_enforced: true }",
    });
    try {
      for (const { caller, upstream } of pairs) {
        for (const stream of [false, true]) {
          const own = caller === "gemini" && {
            safetySettings: [{ category: "HARM_CATEGORY_HARASSMENT", threshold: "BLOCK_NONE" }],
          };
          for (const body of [asked[caller], { ...asked[caller], ...own }]) {
            const { status, text } = await gateway.post(caller, `${providerOf[upstream]}/echo`, body, { stream });
            assert.equal(status, 200, text);
            const settings =
              upstream === "gemini" ? [{ category: "HARM_CATEGORY_HARASSMENT", threshold: "BLOCK_ONLY_HIGH" }] : undefined;
            assert.deepEqual(gateway.sent()["safetySettings"], settings);
          }
        }
      }
    } finally {
      await gateway.close();
    }
  });

  it("mistakes are told with their line", () => {
    assert.match(
      problems("guards:\n  input: { pii: remove }"),
      /^2: guards\.input\.pii: must be one of off, flag, redact, refuse, mask$/,
    );
    assert.match(
      problems("guards:\n  output: { pii: mask }"),
      /^2: guards\.output\.pii: must be one of off, flag, redact, refuse$/,
    );
    assert.match(problems("guards:\n  inputs: {}"), /^2: guards: unknown key "inputs"/);
    assert.match(problems("guards:\n  pii_kinds: [email, shoe_size]"), /^2: guards\.pii_kinds\[1\]: must be one of email/);
    assert.match(problems(`guards:\n  forbidden: ["${"x".repeat(20_000)}"]`), /^2: guards\.forbidden: has too much/);
    assert.match(
      problems("guards:\n  safety: { openai: { HARM_CATEGORY_HARASSMENT: OFF } }"),
      /^2: openai is no provider that speaks Gemini's wire/,
    );
    assert.match(problems("guards:\n  safety: { google: { HARASSMENT: OFF } }"), /^2: .*must be a category/);
    assert.match(problems("guards:\n  safety: { google: { HARM_CATEGORY_HARASSMENT: NONE } }"), /^2: .*must be one of OFF/);
  });
});
