import assert from "node:assert/strict";
import { test } from "node:test";
import { loadConfig } from "./load.ts";
import { ConfigError } from "./problems.ts";

function problems(safety: string): string {
  const yaml = `keys: []\nguards:\n  safety:\n    google: { ${safety} }\n`;
  const readFile = (path: string) => (path === "/w/polygate.yaml" ? yaml : undefined);
  try {
    loadConfig({ env: {}, cwd: "/w", readFile, known: { providers: ["google"], wires: ["gemini"] } });
    return "";
  } catch (thrown) {
    assert.ok(thrown instanceof ConfigError, String(thrown));
    return thrown.message;
  }
}

test("a misspelt category of harm, which would guard nothing, is told with the nearest and its line", () => {
  for (const [written, meant] of [
    ["HARM_CATEGORY_HARASMENT", "HARM_CATEGORY_HARASSMENT"],
    ["HARM_CATEGORY_HATESPEECH", "HARM_CATEGORY_HATE_SPEECH"],
    ["HARM_CATEGORY_DANGEROUS_CONTENTS", "HARM_CATEGORY_DANGEROUS_CONTENT"],
    ["HARM_CATEGORY_SEXUALY_EXPLICIT", "HARM_CATEGORY_SEXUALLY_EXPLICIT"],
  ])
    assert.equal(
      problems(`${written}: BLOCK_ONLY_HIGH`),
      `/w/polygate.yaml:4:15: there is no category ${written}; did you mean "${meant}"?`,
    );
});

test("known categories are taken, and so are those that may be newer than the list", () => {
  const known = ["HARASSMENT", "HATE_SPEECH", "SEXUALLY_EXPLICIT", "DANGEROUS_CONTENT", "CIVIC_INTEGRITY", "JAILBREAK"];
  for (const name of [...known, "IMAGE_HATE", "VIOLENCE", "SELF_HARM", "WEAPONRY"])
    assert.equal(problems(`HARM_CATEGORY_${name}: OFF`), "", name);
});
