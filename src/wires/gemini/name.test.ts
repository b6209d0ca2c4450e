import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { GatewayError } from "../../canonical/error.ts";
import { pathFor } from "./name.ts";

describe("the path of a Gemini request", () => {
  it("names the model in the collection of models, or where the caller's name puts it", () => {
    assert.equal(pathFor("gemini-3-flash", "generateContent"), "/v1beta/models/gemini-3-flash:generateContent");
    assert.equal(pathFor("models/gemini-3-flash", "countTokens"), "/v1beta/models/gemini-3-flash:countTokens");
    assert.equal(pathFor("tunedModels/mine", "streamGenerateContent"), "/v1beta/tunedModels/mine:streamGenerateContent?alt=sse");
  });

  it("holds whatever else a name has as text", () => {
    assert.equal(pathFor("a?key=b#c:d\r\nX: y", "embedContent"), "/v1beta/models/a%3Fkey%3Db%23c%3Ad%0D%0AX%3A%20y:embedContent");
    assert.equal(pathFor("%2e%2e%2fa", "embedContent"), "/v1beta/models/%252e%252e%252fa:embedContent");
    assert.equal(pathFor("a\\..\\b", "embedContent"), "/v1beta/models/a%5C..%5Cb:embedContent");
  });

  it("is refused to names that lead elsewhere or are no text", () => {
    for (const model of ["..", "a/../../files", "models/..", "./a", "a//b", "/a", "a/", "\ud800", "a/\udc00b"]) {
      assert.throws(
        () => pathFor(model, "generateContent"),
        (error) => error instanceof GatewayError && error.code === "invalid_request" && error.param === "model",
        JSON.stringify(model),
      );
    }
  });
});
