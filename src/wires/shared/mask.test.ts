import assert from "node:assert/strict";
import { test } from "node:test";
import { maskBody, maskSecrets } from "./mask.ts";

test("credentials go, ordinary words stay", () => {
  const secrets = [
    "sk-ant-api03-aBcDeFgHiJkL",
    "sk-abc********xyz",
    "gsk_1234567890abcdefghij",
    "AIzaSyA1234567890abcdefgh",
    "AKIAIOSFODNN7EXAMPLE",
    "Bearer abcdef123456",
    "eyJhbGciOiJI.eyJzdWIiOiIx.SflKxw",
  ];
  for (const secret of secrets) assert.equal(maskSecrets(`key ${secret}, again`), "key [secret], again");
  const sentence = "Missing Bearer authentication in asia-northeast1; key_word_arguments and basic understanding of skills";
  assert.equal(maskSecrets(sentence), sentence);
  assert.deepEqual(maskBody({ a: ["sk-12345678"], n: 1, o: null }), { a: ["[secret]"], n: 1, o: null });
});
