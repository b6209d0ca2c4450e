import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { obj, parseJson } from "../../conformance/json.ts";
import { naiveEvents } from "../../conformance/sse.ts";
import { wireJudges } from "../../conformance/wires/index.ts";
import { chunk, head, lastChunk, type RawRequest, type RawUpstream, sse, startRawUpstream } from "../reliability/raw-upstream.ts";
import { asked, type FourWires, pairs, providerOf, startFourWires, type WireName } from "./kit/four-wires.ts";
import type { Speech } from "./kit/said.ts";
import { framesOf, requestOf } from "./kit/speech.ts";
import { told } from "./kit/told.ts";

/*
 * #30: event streams as the specification has them and as providers send them. Recorded streams cut at every byte are in
 * src/framing/sse-splits.test.ts and in the conformance suite's `cuts`; torn characters in test/conformance/utf8.test.ts.
 */

const finishes = {
  "openai-chat": "tool_calls",
  "anthropic-messages": "tool_use",
  "openai-responses": "completed",
  gemini: "STOP",
};
const call = { id: "call_1", name: "look", args: { at: "Tromsø 🏔️" } };
const speech = (wire: WireName): Speech => ({ text: "Grüße 👋🏽 aus dem Norden", calls: [call], finish: finishes[wire] });

/** What is odd about a stream, frame by frame. */
const odd: { readonly [name: string]: (frames: readonly string[]) => string } = {
  "line ends CR LF": (frames) => frames.join("").replaceAll("\n", "\r\n"),
  "line ends CR": (frames) => frames.join("").replaceAll("\n", "\r"),
  "no space after the colon": (frames) => frames.join("").replaceAll(/^(data|event): /gm, "$1:"),
  "a byte order mark": (frames) => `\ufeff${frames.join("")}`,
  "comments everywhere": (frames) => `: hello\n\n${frames.map((frame) => `: PROCESSING\n${frame}:\n\n`).join("")}`,
  "ids and retry times, alone and with data": (frames) =>
    `retry: 10\n\n${frames.map((frame, at) => `id: ${at}\n\nid: ${at}\n${frame}`).join("")}`,
  "data: null between": (frames) => frames.map((frame) => `data: null\n\n${frame}`).join(""),
  "data of several lines": (frames) =>
    frames
      .map((frame) => {
        const [event] = naiveEvents(frame);
        const body = parseJson(event?.data ?? "");
        if (event === undefined || body === undefined) return frame;
        const lines = JSON.stringify(body, null, 1).split("\n");
        return `${event.event === undefined ? "" : `event: ${event.event}\n`}${lines.map((line) => `data: ${line}\n`).join("")}\n`;
      })
      .join(""),
  "no blank line after the last event": (frames) => frames.join("").replace(/\n\n$/, "\n"),
};
const odds = Object.entries(odd);

/** Bytes that a provider without line ends wants to send, and what it got rid of. */
const gigabyte = 1024 ** 3;
const MB = 1024 ** 2;

describe("#30: through a running gateway", { timeout: 120_000 }, () => {
  let upstream: RawUpstream;
  let stack: FourWires;
  let written = 0;
  before(async () => {
    upstream = await startRawUpstream((request) => {
      const { wire, model } = requestOf(request.path, request.body);
      const frames = framesOf(wire, speech(wire));
      const [kind = "", number = ""] = model.split(".");
      if (kind === "odd") inBytes(request, odds[Number(number)]?.[1](frames) ?? "");
      else if (kind === "endless") endless(request);
      else die(request, frames, Number(number));
    });
    stack = await startFourWires({ upstream: upstream.url });
  });
  after(async () => {
    await stack.close();
    await upstream.close();
  });

  /** Torn between any two bytes. */
  function inBytes({ socket }: RawRequest, text: string): void {
    socket.write(head(200, sse));
    for (const byte of Buffer.from(text)) socket.write(chunk(Buffer.of(byte)));
    socket.write(lastChunk);
  }

  function endless({ socket }: RawRequest): void {
    const piece = chunk("x".repeat(MB));
    let sent = 0;
    socket.write(head(200, sse) + chunk("data: ").toString());
    const pump = (): void => {
      while (!socket.destroyed && !socket.writableNeedDrain && sent < gigabyte) {
        sent += MB;
        socket.write(piece);
      }
      written = Math.max(written, socket.bytesWritten - socket.writableLength);
    };
    socket.on("drain", pump);
    pump();
  }

  /** The connection ends in the middle of the frame that comes `after` those with content. */
  function die({ socket }: RawRequest, frames: readonly string[], share: number): void {
    const at = frames.findIndex((frame) => frame.includes("Norden"));
    const whole = frames.slice(0, at).join("");
    const half = (frames[at] ?? "").slice(0, Math.max(1, Math.floor(((frames[at] ?? "").length * share) / 10)));
    socket.write(Buffer.concat([Buffer.from(head(200, sse)), chunk(whole), chunk(half)]), () => socket.resetAndDestroy());
  }

  for (const [number, [what]] of odds.entries()) {
    test(`#30: ${what}, byte by byte`, async () => {
      for (const { caller, upstream: provider } of pairs) {
        const answer = await stack.post(caller, `${providerOf[provider]}/odd.${number}`, asked[caller], { stream: true });
        const says = `${provider} → ${caller}: ${answer.text}`;
        assert.equal(answer.status, 200, says);
        assert.ok(!answer.text.includes("\ufffd"), says);
        if (caller !== provider) {
          const { text, calls } = await told(caller, answer, true);
          assert.equal(text, speech(provider).text, says);
          assert.deepEqual(
            calls.map(({ name, args }) => ({ name, args })),
            [{ name: "look", args: call.args }],
          );
          assert.deepEqual(wireJudges[caller].order(naiveEvents(answer.text), { complete: true }), [], says);
        } else {
          // Passed on as it came; only what nobody asked for may be left out of it.
          const events = (text: string) =>
            naiveEvents(text.replace("\ufeff", "")).filter(({ data }) => !/"choices":\s*\[\]/.test(data));
          const [, oddly] = odds[number] ?? [];
          assert.deepEqual(events(answer.text), events(oddly?.(framesOf(provider, speech(provider))) ?? ""), says);
        }
      }
    });
  }

  test("#30: a gigabyte without a line end: an error at the cap, in flat memory", async (t) => {
    const before = process.memoryUsage.rss();
    let most = before;
    const timer = setInterval(() => {
      most = Math.max(most, process.memoryUsage.rss());
    }, 5);
    try {
      for (const { caller, upstream: provider } of pairs) {
        written = 0;
        const answer = await stack.post(caller, `${providerOf[provider]}/endless.${caller}`, asked[caller], { stream: true });
        assert.equal(answer.status, 502, answer.text);
        assert.match(answer.text, /more than \d+ bytes/);
        assert.ok(written < 32 * MB, `${provider} → ${caller} took ${written} bytes`);
      }
    } finally {
      clearInterval(timer);
    }
    t.diagnostic(`48 streams; RSS grew by ${((most - before) / MB).toFixed(0)} MB at most`);
    assert.ok(most - before < 400 * MB, `${(most - before) / MB} MB`);
  });

  for (const { caller, upstream: provider } of pairs) {
    test(`#30: the provider dies in the middle of an event: what comes out still parses: ${provider} → ${caller}`, async () => {
      for (const share of [0, 1, 3, 5, 7, 9, 10]) {
        const model = `${providerOf[provider]}/die.${share}.${caller}`;
        const answer = await stack.post(caller, model, asked[caller], { stream: true });
        const says = `${share}/10: ${answer.text}`;
        assert.equal(answer.status, 200, says);
        const events = naiveEvents(answer.text);
        for (const { data } of events) assert.notEqual(parseJson(data), undefined, says);
        assert.ok(wireJudges[caller].isError(obj(parseJson(events.at(-1)?.data ?? ""))), says);
        await assert.rejects(told(caller, answer, true));
      }
    });
  }
});
