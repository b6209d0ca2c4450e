import assert from "node:assert/strict";
import { test } from "node:test";
import { startStack } from "./stack.ts";

/* What all request bodies may take together: every way a call can end gives its share back. */

test("bodies that are done with count no longer; bodies beyond the budget are refused with 503", async () => {
  const stack = await startStack({ yaml: "limits: { all_bodies_bytes: 3000 }" });
  const post = (model: string, stream: boolean, bytes = 2000, broken = false): Promise<Response> =>
    fetch(`${stack.address}/v1/chat/completions`, {
      method: "POST",
      headers: { "content-type": "application/json", authorization: `Bearer ${stack.key}` },
      body: `${JSON.stringify({ model, stream, messages: [{ role: "user", content: "x".repeat(bytes) }] })}${broken ? "," : ""}`,
    });
  try {
    for (let round = 0; round < 3; round++) {
      for (const stream of [false, true]) {
        for (const model of ["oai/echo", "ant/echo", "oai/fault:401", "oai/fault:cut:1", "nowhere/echo"]) {
          const response = await post(model, stream);
          await response.text().catch(() => "");
          assert.notEqual(response.status, 503, `${model} ${stream}`);
        }
      }
      assert.equal((await post("oai/echo", false, 2000, true)).status, 400);
    }
    const refused = await post("oai/echo", false, 4000);
    assert.equal(refused.status, 503);
    assert.equal(refused.headers.get("retry-after"), "1");
    assert.match(await refused.text(), /call_/);
    assert.equal((await post("oai/echo", false)).status, 200);
  } finally {
    await stack.close();
  }
});
