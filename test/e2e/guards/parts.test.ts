import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { type FourWires, providerOf, startFourWires, wireNames } from "../pains/kit/four-wires.ts";
import { ask } from "../reliability/ask.ts";
import { placesOf, rich } from "./rich-bodies.ts";

/* Pains #11: there is no side door in a request either. */

const mail = (at: number): string => `jane${at}@example.com`;

describe("#11: every place of a request is looked at", { timeout: 110_000 }, () => {
  let refusing: FourWires;
  let redacting: FourWires;
  let masking: FourWires;
  before(async () => {
    refusing = await startFourWires({ yaml: "guards: { input: { pii: refuse, control_characters: refuse } }" });
    redacting = await startFourWires({ yaml: "guards: { input: { pii: redact, control_characters: redact } }" });
    masking = await startFourWires({ yaml: "guards: { input: { pii: mask } }" });
  });
  after(async () => {
    await refusing.close();
    await redacting.close();
    await masking.close();
  });

  for (const wire of wireNames) {
    it(`${wire}: each is refused by its path in the caller's words`, async (t) => {
      const places = placesOf(wire);
      for (const place of places) {
        for (const hidden of [mail(1), "a\u202eb", "a\u{e0041}b"]) {
          const body = rich[wire]((path) => (path === place ? `to ${hidden} now` : "plain"));
          const { status, text } = await refusing.post(wire, `${providerOf[wire]}/echo`, body);
          assert.equal(status, 400, `${place}: ${text}`);
          assert.ok(text.includes(`at \`${place}\``), `${place}: ${text}`);
          assert.ok(!text.includes("jane"), text);
        }
      }
      assert.equal(refusing.provider.journal.received, 0);
      t.diagnostic(`${places.length} places`);
    });

    for (const upstream of wireNames) {
      it(`${wire} to ${upstream}: taken out, or masked, in all of them`, async () => {
        const places = placesOf(wire);
        const body = rich[wire]((path) => `to ${mail(places.indexOf(path))}\u202e now`);
        const redacted = await redacting.post(wire, `${providerOf[upstream]}/echo`, body);
        assert.equal(redacted.status, 200, redacted.text);
        const sent = JSON.stringify(redacting.sent());
        assert.ok(!/jane|example\.com|\u202e/.test(sent), sent);
        const times = sent.split("to [redacted:email] now").length - 1;
        // What a wire has no words for does not get there at all: user, metadata, a document's title.
        assert.ok(times <= places.length && times >= places.length - 3, `${times} of ${places.length}: ${sent}`);

        const masked = await masking.post(wire, `${providerOf[upstream]}/echo`, body);
        assert.equal(masked.status, 200, masked.text);
        const stood = JSON.stringify(masking.sent());
        assert.ok(!/jane|example\.com/.test(stood), stood);
        const stands = new Set(stood.match(/<EMAIL_\d+>/g));
        assert.ok(
          stands.size <= places.length && stands.size >= places.length - 3,
          `${stands.size} of ${places.length}: ${stood}`,
        );
      });
    }
  }

  it("what names something cannot be changed, and is refused", async () => {
    const body = {
      messages: [{ role: "user", content: "hi" }],
      tools: [
        {
          type: "function",
          function: { name: "look", parameters: { type: "object", properties: { "jane1@example.com": { type: "string" } } } },
        },
      ],
    };
    const before = redacting.provider.journal.received;
    const { status, text } = await redacting.post("openai-chat", "oai/echo", body);
    assert.equal(status, 400, text);
    assert.ok(!text.includes("jane"), text);
    assert.equal(redacting.provider.journal.received, before);
  });

  it("no spelling of JSON hides anything", async () => {
    for (const hidden of ["to \\u006aane1\\u0040example.com", "\\u001b[31mred", "a\\u202eb"]) {
      const body = `{"model":"oai/echo","messages":[{"role":"user","content":"${hidden}"}]}`;
      const { status, text } = await ask(refusing.address, "openai", body, { key: refusing.key });
      assert.equal(status, 400, text);
      assert.match(text, /at `messages\[0\]\.content`/);
    }
  });

  it("neither does what looks like base64, nor the seam of two parts", async () => {
    const before = refusing.provider.journal.received;
    const long = "x".repeat(100);
    for (const content of [
      `data:;base64,\n${long} ${mail(1)}`,
      [
        { type: "text", text: "to jane1@" },
        { type: "text", text: "example.com" },
      ],
      [
        {
          type: "file",
          file: { filename: "a.txt", file_data: `data:text/plain;base64,${Buffer.from(mail(1)).toString("base64")}` },
        },
      ],
    ]) {
      const { status, text } = await refusing.post("openai-chat", "oai/echo", { messages: [{ role: "user", content }] });
      assert.equal(status, 400, text);
      assert.match(text, /at `messages\[0\]\.content/);
    }
    assert.equal(refusing.provider.journal.received, before);
  });
});
