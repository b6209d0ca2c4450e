import assert from "node:assert/strict";
import { test } from "node:test";
import { format, inspect } from "node:util";
import { serialize } from "node:v8";
import { Secret } from "./secret.ts";

test("no way of showing a secret shows it", () => {
  const text = "canary-7f3a9c51e2";
  const secret = new Secret(text);
  const holder = { secret, list: [secret], map: new Map([["key", secret]]) };
  const shown = [
    `${secret}`,
    ["", secret].join(""),
    [secret].join(),
    String(secret),
    secret.toLocaleString(),
    JSON.stringify(holder),
    JSON.stringify(Object.assign({}, secret)),
    inspect(holder, { showHidden: true, depth: 9 }),
    inspect(secret, { customInspect: false, showHidden: true, getters: true }),
    format("%s %o %O %j", secret, secret, secret, secret),
    inspect(structuredClone(secret)),
    serialize(secret).toString("latin1"),
    serialize(secret).toString("utf16le"),
    Object.entries(secret).join(),
    Reflect.ownKeys(secret).join(),
    new Error(`failed with ${secret}`).message,
    encodeURIComponent(String(secret)),
  ].join("\n");
  assert.equal(shown.includes(text), false);
  assert.equal(shown.includes("canary"), false);
  assert.equal(secret.reveal(), text);
  assert.equal(new Secret("a") < new Secret("b"), false);
});
