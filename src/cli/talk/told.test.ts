import assert from "node:assert/strict";
import { test } from "node:test";
import { Misuse } from "../failure.ts";
import { Session } from "../testing/session.ts";
import { attached } from "./attachment.ts";
import { NoAnswer } from "./backend.ts";
import { toldOf } from "./told.ts";

const ports = new Session();
const callId = "call_01a1fa17e319d62950a562b2e5cb002e";
const near = { own: true, where: "this process" };
const far = { own: false, where: "https://gateway.example" };

test("a call is named once, and in the books that it is in", () => {
  const failed = new NoAnswer(`Provider sim is overloaded (call ${callId}). Try again.`, { callId });
  assert.deepEqual(toldOf(failed, near, ports), [
    "Provider sim is overloaded. Try again.",
    `polygate call show ${callId} tells what became of it.`,
  ]);
  assert.deepEqual(toldOf(failed, far, ports), [
    "Provider sim is overloaded. Try again.",
    `It is ${callId} in the books of https://gateway.example.`,
  ]);
  assert.deepEqual(toldOf(new NoAnswer("Nobody was asked."), far, ports), ["Nobody was asked."]);
});

test("a warning that says what the message says is left out, others are not", () => {
  const warnings = ["schema_violation: The answer breaks its schema.", "top_k_dropped at top_k"];
  assert.deepEqual(toldOf(new NoAnswer("The answer breaks its schema.", { warnings }), near, ports), [
    "warning: top_k_dropped at top_k",
    "The answer breaks its schema.",
  ]);
});

test("an address is a picture only where a picture was said", () => {
  const { files } = ports;
  assert.equal(attached("https://example.com/x.png", files, "image").type, "image");
  assert.throws(() => attached("https://example.com/x.pdf", files), Misuse);
});
