import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { keysAt } from "./keys-at.ts";
import { configSchema } from "./schema.ts";

const page = readFileSync(join(import.meta.dirname, "../../docs/configuration.md"), "utf8");

/** Every key that can be written, as the page spells it: `server.port`, `keys[].id`, `providers.NAME.wire`. */
function keys(path: readonly PropertyKey[] = [], spelled = ""): readonly string[] {
  return keysAt(configSchema, path).flatMap((key) => {
    const at = [...path, key];
    const name = `${spelled}${spelled === "" ? "" : "."}${key}`;
    const items = key === "providers" ? keys([...at, "NAME"], `${name}.NAME`) : keys([...at, 0], `${name}[]`);
    const inner = [...keys(at, name), ...items];
    // Prices are by model, and their row lists what a price may have.
    if (key === "prices") return [name];
    return inner.length === 0 || key === "quirks" ? [name, ...inner] : inner;
  });
}

const quirks = "providers.NAME.quirks.";

test("every key is on the page, and the page names no other", () => {
  const known = keys();
  assert.ok(known.includes("keys[].secret") && known.includes(`${quirks}drop`), known.join(" "));
  const missing = known.filter((key) =>
    key.startsWith(quirks) ? !page.includes(`\`${key.slice(quirks.length)}`) : !page.includes(`| \`${key}\` |`),
  );
  assert.deepEqual(missing, []);
  const rows = [...page.matchAll(/^\| `([^`]+)` \|/gm)].map(([, key]) => key ?? "");
  assert.deepEqual(
    rows.filter((key) => key !== "providers.NAME" && !known.includes(key)),
    [],
  );
});
