import { gzipSync } from "node:zlib";
import type { ErrorForm, UsagePlace } from "../face.ts";
import { isFrames, type Plan } from "../plan.ts";
import { type FaultContext, numberOf, type ReplyFault } from "./fault.ts";

const rewrite = (plan: Plan, change: (text: string, index: number) => string): Plan =>
  isFrames(plan.body) ? { ...plan, body: { ...plan.body, texts: plan.body.texts.map(change) } } : plan;

const usage = (name: string, place: UsagePlace, summary: string): ReplyFault => ({
  kind: "reply",
  name,
  summary,
  reply: (context) => context.plan(place),
});

/** The first `count` events, then an error event. A whole reply becomes an error body under status 200. */
function errorAt(context: FaultContext, count: number, form: ErrorForm = "usual"): Plan {
  const plan = context.plan();
  const { face, requestId } = context;
  if (!isFrames(plan.body)) return { ...plan, body: face.errorBody("overloaded", "Overloaded", requestId), input: undefined };
  const sent = plan.body.texts.slice(0, count);
  const texts = [...sent, face.errorFrame("overloaded", "Overloaded", requestId, sent, form)];
  const delivered = plan.body.outputTokens.slice(0, count);
  return { ...plan, body: { texts, outputTokens: [...delivered, delivered.at(-1) ?? 0] } };
}

function withBytes(plan: Plan, bytes: Uint8Array): Plan {
  if (!isFrames(plan.body)) return { ...plan, body: bytes };
  const whole = Buffer.concat([
    Buffer.from(plan.body.texts.slice(0, 2).join("")),
    bytes,
    Buffer.from(plan.body.texts.slice(2).join("")),
  ]);
  return { ...plan, body: whole, outputTokens: plan.body.outputTokens.at(-1) ?? 0 };
}

/** Spaces that inflate to so many megabytes, as gzip members one after another. */
function bomb(megabytes: number): Uint8Array {
  const member = gzipSync(Buffer.alloc(1024 * 1024, 0x20), { level: 9 });
  return Buffer.concat(Array.from({ length: megabytes }, () => member));
}

/** Faults in what the body says, over sound HTTP. */
export const bodyFaults: readonly ReplyFault[] = [
  {
    kind: "reply",
    name: "error-event",
    argument: "events before it (0)",
    summary: "an overloaded error event after status 200; without streaming an error body under 200",
    reply: (context, argument) => errorAt(context, numberOf(argument, 0)),
  },
  {
    kind: "reply",
    name: "error-terminal",
    argument: "events before it (0)",
    summary: "as error-event; on the Responses API response.failed alone",
    reply: (context, argument) => errorAt(context, numberOf(argument, 0), "terminal"),
  },
  {
    kind: "reply",
    name: "error-flat",
    argument: "events before it (0)",
    summary:
      "as error-event; on the Responses API one flat error event, as its specification has it; on Gemini one without a frame",
    reply: (context, argument) => errorAt(context, numberOf(argument, 0), "flat"),
  },
  {
    kind: "reply",
    name: "preamble-then-error",
    summary: "only what precedes content (role, message_start), then an error event",
    reply: (context) => errorAt(context, context.face.preambleEvents),
  },
  {
    kind: "reply",
    name: "cr",
    summary: "event lines end in CR",
    reply: (context) => rewrite(context.plan(), (text) => text.replaceAll("\r\n", "\n").replaceAll("\n", "\r")),
  },
  {
    kind: "reply",
    name: "crlf",
    summary: "event lines end in CR LF",
    reply: (context) => rewrite(context.plan(), (text) => text.replaceAll(/\r?\n/g, "\r\n")),
  },
  {
    kind: "reply",
    name: "lf",
    summary: "event lines end in LF",
    reply: (context) => rewrite(context.plan(), (text) => text.replaceAll("\r\n", "\n")),
  },
  {
    kind: "reply",
    name: "comments",
    summary: "a comment before every event",
    reply: (context) => rewrite(context.plan(), (text) => `: PROCESSING\n\n${text}`),
  },
  {
    kind: "reply",
    name: "bom",
    summary: "a byte order mark before the first event",
    reply: (context) => rewrite(context.plan(), (text, i) => (i === 0 ? `\ufeff${text}` : text)),
  },
  {
    kind: "reply",
    name: "bad-json",
    summary: "a third event (or a body) that is no JSON",
    reply: (context) => withBytes(context.plan(), Buffer.from(context.stream ? `data: {"choices":[{\n\n` : `{"choices":[{`)),
  },
  {
    kind: "reply",
    name: "bad-utf8",
    summary: "bytes that are no UTF-8",
    reply: (context) =>
      withBytes(
        context.plan(),
        Buffer.concat([
          Buffer.from(context.stream ? "data: " : '{"x":"'),
          Buffer.from([0xff, 0xc0, 0x80]),
          Buffer.from(context.stream ? "\n\n" : '"}'),
        ]),
      ),
  },
  {
    kind: "reply",
    name: "gzip-bomb",
    argument: "megabytes it inflates to (100)",
    summary: "a small gzip body of blanks that inflates without end",
    reply: (context, argument) => {
      const plan = context.plan();
      return { ...plan, headers: { ...plan.headers, "content-encoding": "gzip" }, body: bomb(numberOf(argument, 100)) };
    },
  },
  {
    kind: "reply",
    name: "stacked-encodings",
    argument: "how many (200)",
    summary: "a content-encoding header that names gzip so many times",
    reply: (context, argument) => {
      const plan = context.plan();
      const names = Array.from({ length: numberOf(argument, 200) }, () => "gzip").join(", ");
      return { ...plan, headers: { ...plan.headers, "content-encoding": names }, body: gzipSync("{}") };
    },
  },
  usage("no-usage", "none", "usage is never stated"),
  usage(
    "usage-misplaced",
    "misplaced",
    "usage where it does not belong: on the finish chunk or in the choice; only in message_start",
  ),
  usage("usage-twice", "twice", "the final usage comes twice"),
  usage("usage-cumulative", "cumulative", "a growing usage on every event"),
  {
    kind: "reply",
    name: "echo-headers",
    summary: "status 200; the body is the request's headers as JSON, credentials blanked",
    reply: (context) => ({
      ...context.error("internal", ""),
      status: 200,
      headers: { "content-type": "application/json" },
      body: JSON.stringify(context.headers),
    }),
  },
];
