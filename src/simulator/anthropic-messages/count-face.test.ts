import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { isObject, type Json } from "../../canonical/json.ts";
import { startSimulator } from "../index.ts";

const recordings = process.env["POLYGATE_RECORDINGS"] ?? join(import.meta.dirname, "../../../../shared/recordings/open");
const specsDir = process.env["POLYGATE_SPECS"] ?? join(import.meta.dirname, "../../../../shared/specs");
const directory = join(recordings, "anthropic", "count_tokens");
const skip =
  !(existsSync(directory) && existsSync(specsDir)) && process.env["CI"] !== "true" && "no recordings or specifications here";

test("recorded requests for a count are counted; what belongs to an answer is refused", { skip }, async () => {
  await using stack = new AsyncDisposableStack();
  const simulator = await startSimulator({ specsDir });
  stack.defer(() => simulator.close());
  const ask = async (body: Json): Promise<readonly [number, Json]> => {
    const headers = { "anthropic-version": "2023-06-01", "x-api-key": "k" };
    const reply = await fetch(`${simulator.url}/v1/messages/count_tokens`, {
      method: "POST",
      headers,
      body: JSON.stringify(body),
    });
    return [reply.status, JSON.parse(await reply.text())];
  };
  let count = 0;
  for (const file of readdirSync(directory)) {
    const record: Json = JSON.parse(readFileSync(join(directory, file), "utf8"));
    if (!isObject(record) || !isObject(record["request"]) || !isObject(record["response"])) continue;
    const { body } = record["request"];
    if (!isObject(body) || record["response"]["status"] !== 200) continue;
    const [status, counted] = await ask(body);
    assert.equal(status, 200, `${file}: ${JSON.stringify(counted)}`);
    assert.ok(isObject(counted) && Number(counted["input_tokens"]) > 0);
    const [refused, error] = await ask({ ...body, max_tokens: 5 });
    assert.equal(refused, 400, JSON.stringify(error));
    count++;
  }
  assert.ok(count > 3, String(count));
});
