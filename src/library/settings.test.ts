import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { ConfigError } from "../config/problems.ts";
import { configSchema } from "../config/schema.ts";
import type { GatewayOptions } from "./options.ts";
import { readSettings } from "./settings.ts";

const env = { HOME: "/home/nobody", OPENAI_API_KEY: "sk-env-credential" };

function problems(options: object): string {
  // Callers without types.
  const untyped: GatewayOptions = JSON.parse(JSON.stringify(options));
  try {
    readSettings({ env, ...untyped });
  } catch (thrown) {
    if (thrown instanceof ConfigError) return thrown.message;
    throw thrown;
  }
  throw new Error("These settings should have been refused.");
}

test("settings in camelCase are those of the file in snake_case", () => {
  const home = mkdtempSync(join(tmpdir(), "polygate-settings-"));
  try {
    const file = join(home, "polygate.yaml");
    writeFileSync(
      file,
      `
strict: refuse
providers:
  openai: {}
  my_own: { wire: gemini, base_url: "http://127.0.0.1:9/v1", api_key: none, quirks: { max_tokens_field: max_tokens }, prices: { "my-Model_1": { input: 0.15, cache_write_5m: 0.2 } } }
aliases: { myFast: openai/gpt-4.1-mini }
guards: { input: { pii: mask, max_characters: 1000 }, pii_kinds: [payment_card], safety: { my_own: { HARM_CATEGORY_HARASSMENT: OFF } } }
media: { timeout: 3s }
timeouts: { connect: 2s, first_token: 1500ms, between_chunks: 3s, total: 1m }
limits: { reply_bytes: 1mb }
conversations: { ttl: 1m }
egress: { allow: ["10.0.0.1:8080"] }
`,
    );
    const given = readSettings({
      env,
      strict: "refuse",
      providers: {
        openai: {},
        my_own: {
          wire: "gemini",
          baseUrl: "http://127.0.0.1:9/v1",
          apiKey: "none",
          quirks: { maxTokensField: "max_tokens" },
          prices: { "my-Model_1": { input: 0.15, cacheWrite5m: 0.2 } },
        },
      },
      aliases: { myFast: "openai/gpt-4.1-mini" },
      guards: {
        input: { pii: "mask", maxCharacters: 1000 },
        piiKinds: ["payment_card"],
        safety: { my_own: { HARM_CATEGORY_HARASSMENT: "OFF" } },
      },
      media: { timeout: 3000 },
      timeouts: { connect: 2000, firstToken: "1500ms", betweenChunks: "3s", total: 60_000 },
      limits: { replyBytes: 1024 ** 2 },
      conversations: { ttl: 60_000 },
      egress: { allow: ["10.0.0.1:8080"] },
    });
    const read = readSettings({ env, config: file });
    assert.equal(read.file, file);
    assert.deepEqual({ ...given, file: 0, environment: 0 }, { ...read, file: 0, environment: 0 });
    assert.equal(given.providers.length, 2);
    assert.equal(given.timeouts.firstTokenMs, 1500);
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
});

test("a credential in the program's hands is taken as it is", () => {
  const apiKey = "sk-$" + "{HOME}-$$" + "{x}";
  const { providers } = readSettings({ env, providers: { openai: { apiKey } } });
  const credential = providers[0]?.apiKey;
  assert.ok(typeof credential === "object");
  assert.equal(credential.reveal(), apiKey);
});

test("what is wrong is said in the options' own words, without places in a file that is none", () => {
  assert.equal(problems({ provider: {} }), 'unknown key "provider"; did you mean "providers"?');
  assert.match(problems({ timeouts: { firstTokn: 3 } }), /^timeouts: unknown key "firstTokn"; did you mean "firstToken"\?$/);
  assert.match(problems({ timeouts: { firstToken: "soon" } }), /^timeouts\.firstToken: must be a duration/);
  assert.match(problems({ providers: { mine: { wire: "openai-chat" } } }), /missing: baseUrl, apiKey$/);
  assert.match(problems({ server: { port: 1 } }), /^server: is about the server/);
  assert.match(problems({ config: "polygate.yaml", strict: "warn" }), /^strict: stands in the file that `config` names/);
  assert.match(problems({ config: "no-such-file.yaml" }), /no-such-file\.yaml: there is no such file/);
  const ownName = problems({ providers: { my_own: { wire: "openai-chat", baseUrl: "x" } } });
  assert.match(ownName, /^providers\.my_own\.baseUrl: must be a URL/);
  assert.match(problems({ guards: { piiKinds: ["card"] } }), /^guards\.piiKinds\[0\]: must be one of .*payment_card/);
  const secret = "sk-very-secret-credential with a blank";
  assert.ok(!problems({ providers: { openai: { apiKey: secret } } }).includes("very-secret"));
});

test("the books' directory: the server's, another, or none", () => {
  assert.equal(readSettings({ env, strict: "warn" }).dataDir, "/home/nobody/.local/share/polygate");
  assert.equal(readSettings({ env, strict: "warn", dataDir: "/elsewhere" }).dataDir, "/elsewhere");
  assert.equal(readSettings({ env, strict: "warn", dataDir: "here" }).dataDir, join(process.cwd(), "here"));
  assert.equal(readSettings({ env, strict: "warn", dataDir: false }).dataDir, ":memory:");
  assert.equal(readSettings({ env, dataDir: ":memory:" }).dataDir, ":memory:");
});

/** Sections of polygate.yaml, each of which the library either takes or has no use for. A new one is to be put into one of the two. */
const taken = ["providers", "aliases", "strict", "timeouts", "limits", "conversations", "guards", "media", "egress"];
/** Taken as well, from a file or as they are; their types are not spelled out. */
const untyped = ["keys", "observe"];
const ofServerAlone = ["server", "log", "workers", "data_dir"];

test("every section of the file is accounted for", () => {
  const known = new Set([...taken, ...untyped, ...ofServerAlone]);
  const forgotten = Object.keys(configSchema.shape).filter((name) => !known.has(name));
  assert.deepEqual(
    forgotten,
    [],
    "a new section of polygate.yaml: say in src/library/options.ts what it is in a library, and name it in this test",
  );
});
