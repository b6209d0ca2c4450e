import { eventsOf, type Plan } from "../plan.ts";
import { type BytesFault, type FaultContext, numberOf, type Step } from "./fault.ts";
import { chunk, chunkedHead, end, firstEvents, head, inPieces, lastChunk, repeat } from "./http-bytes.ts";

const early: Step = { do: "end", early: true };

const after = (
  name: string,
  summary: string,
  last: readonly Step[],
  argument = "events before it (1); -1 = all but the last",
): BytesFault => ({
  kind: "bytes",
  name,
  argument,
  summary,
  *script(context, text) {
    yield* firstEvents(context.plan(), numberOf(text, 1));
    yield* last;
  },
});

function* resetAtByte(plan: Plan, count: number): Iterable<Step> {
  yield chunkedHead(plan);
  const body = Buffer.concat(eventsOf(plan).map((event) => event.bytes)).subarray(0, count);
  if (body.length > 0) yield { do: "send", bytes: chunk(body) };
  yield { do: "reset" };
}

function* whole(plan: Plan): Iterable<Step> {
  yield* firstEvents(plan, Number.POSITIVE_INFINITY);
  yield lastChunk;
  yield end;
}

const block = Buffer.alloc(16 * 1024, "a");

/** Whitespace between JSON tokens, or content without end. */
function* infinite(context: FaultContext): Iterable<Step> {
  const plan = context.plan();
  yield chunkedHead(plan);
  const frame = eventsOf(plan)
    .map((event) => event.bytes)
    .find((bytes) => /"content":"[^"]|text_delta|output_text\.delta|"parts":\[\{"text":"[^"]/.test(bytes.toString("latin1")));
  const blank = Buffer.alloc(16 * 1024, " ");
  const filler = context.stream && frame ? Buffer.concat(Array.from({ length: 64 }, () => frame)) : blank;
  for (let events = 0; ; events += 64) yield { do: "send", bytes: chunk(filler), events };
}

/** Faults below HTTP: what the connection does. Their replies close the connection. */
export const connectionFaults: readonly BytesFault[] = [
  {
    kind: "bytes",
    name: "split",
    argument: "bytes per piece (1)",
    summary: "the body in pieces of so many bytes",
    script: (context, argument) => inPieces(context.plan(), repeat(numberOf(argument, 1))),
  },
  {
    kind: "bytes",
    name: "cut",
    argument: "offset (10)",
    summary: "the body in two pieces, cut at a byte offset",
    script: (context, argument) => inPieces(context.plan(), [numberOf(argument, 10), Number.POSITIVE_INFINITY].values()),
  },
  {
    kind: "bytes",
    name: "drip",
    argument: "milliseconds per byte (50)",
    summary: "one byte at a time",
    script: (context, argument) => inPieces(context.plan(), repeat(1), numberOf(argument, 50)),
  },
  {
    kind: "bytes",
    name: "late-headers",
    argument: "milliseconds (1000)",
    summary: "nothing for a while, then the proper reply",
    *script(context, argument) {
      yield { do: "wait", ms: numberOf(argument, 1000) };
      yield* whole(context.plan());
    },
  },
  { kind: "bytes", name: "stall-headers", summary: "accepts the request and never answers", script: () => [{ do: "hang" }] },
  after("stall", "goes silent after some events, the connection open", [{ do: "hang" }]),
  after("reset", "resets the connection after some events", [{ do: "reset" }]),
  {
    kind: "bytes",
    name: "reset-headers",
    summary: "resets the connection before the first byte",
    script: () => [{ do: "reset" }],
  },
  {
    kind: "bytes",
    name: "reset-bytes",
    argument: "bytes of body before it (10)",
    summary: "resets the connection at a byte of the body",
    script: (context, argument) => resetAtByte(context.plan(), numberOf(argument, 10)),
  },
  after("fin", "closes the connection after some events, the chunked body unfinished", [early]),
  after("truncate", "ends the body after some events; sound HTTP, but the stream lacks its end", [lastChunk, early]),
  {
    kind: "bytes",
    name: "short-body",
    argument: "bytes missing (100)",
    summary: "fewer bytes than content-length promised, then FIN",
    *script(context, argument) {
      const plan = context.plan();
      const body = Buffer.concat(eventsOf(plan).map((event) => event.bytes));
      yield head(plan.status, { ...plan.headers, "content-length": String(body.length + numberOf(argument, 100)) });
      yield { do: "send", bytes: body };
      yield early;
    },
  },
  {
    kind: "bytes",
    name: "big-header",
    argument: "bytes (102400)",
    summary: "a response header of that size",
    *script(context, argument) {
      const plan = context.plan();
      yield* whole({ ...plan, headers: { ...plan.headers, "x-big": "b".repeat(numberOf(argument, 102_400)) } });
    },
  },
  {
    kind: "bytes",
    name: "nul-header",
    summary: "a response header whose name holds a NUL",
    *script(context) {
      const plan = context.plan();
      yield* whole({ ...plan, headers: { ...plan.headers, "x-\0nul": "1" } });
    },
  },
  {
    kind: "bytes",
    name: "informational",
    argument: "how many (1000)",
    summary: "a flood of 103 responses before the proper reply",
    *script(context, argument) {
      for (let i = numberOf(argument, 1000); i > 0; i--) yield { do: "send", bytes: "HTTP/1.1 103 Early Hints\r\n\r\n" };
      yield* whole(context.plan());
    },
  },
  {
    kind: "bytes",
    name: "endless-line",
    summary: "one event line without end",
    *script(context) {
      const plan = context.plan();
      yield chunkedHead({ ...plan, headers: { ...plan.headers, "content-type": "text/event-stream" } });
      yield { do: "send", bytes: chunk(Buffer.from("data: ")) };
      for (;;) yield { do: "send", bytes: chunk(block) };
    },
  },
  {
    kind: "bytes",
    name: "infinite-body",
    summary: "content events (or blanks before a JSON body) without end",
    script: infinite,
  },
];
