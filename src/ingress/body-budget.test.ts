import assert from "node:assert/strict";
import { it } from "node:test";
import { GatewayError } from "../canonical/error.ts";
import { BodyBudget } from "./body-budget.ts";

const code = (run: () => void): string => {
  try {
    run();
  } catch (thrown) {
    return thrown instanceof GatewayError ? thrown.code : String(thrown);
  }
  return "taken";
};

it("bodies are counted as bytes and as heap, each given back apart", () => {
  const budget = new BodyBudget(10, 100);
  assert.equal(
    code(() => budget.take(10)),
    "taken",
  );
  assert.equal(
    code(() => budget.take(1)),
    "gateway_overloaded",
  );
  assert.equal(
    code(() => budget.takeHeap(60)),
    "taken",
  );
  assert.equal(
    code(() => budget.takeHeap(41)),
    "gateway_overloaded",
    "there may be room in a moment",
  );
  assert.equal(
    code(() => budget.takeHeap(101)),
    "payload_too_large",
    "there never will be",
  );
  budget.giveHeap(60);
  assert.equal(
    code(() => budget.takeHeap(100)),
    "taken",
  );
  assert.equal(
    code(() => budget.take(1)),
    "gateway_overloaded",
  );
});
