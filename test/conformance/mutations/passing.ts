import { GatewayError } from "../../../src/canonical/error.ts";
import type { Terminal } from "../../../src/canonical/terminal.ts";
import { type Mutation, onRelay, type Planted } from "./wrap.ts";

/* Streams passed on wrongly. */

const openai = ["openai-chat"] as const;
const broken: Terminal = { kind: "truncated", error: new GatewayError("truncated", "The stream broke off.") };

export const relaying: readonly Planted[] = [
  { id: "relay: nothing is interesting", mutation: onRelay((relay) => ({ ...relay, interesting: /(?!)/ })) },
  {
    id: "relay: usage chunk shown to a caller who did not ask",
    mutation: onRelay((relay) => ({ ...relay, push: (event) => (relay.push(event) === "keep" ? "keep" : "keep") }), openai),
  },
  {
    id: "relay: frames rewritten",
    mutation: onRelay((relay) => ({
      ...relay,
      push: (event) => (relay.push(event) === "keep" ? [{ ...event, data: `${event.data} ` }] : "drop"),
    })),
  },
  {
    id: "relay: finish reasons as they came",
    mutation: onRelay((relay) => ({ ...relay, push: (event) => (relay.push(event) === "drop" ? "drop" : "keep") }), openai),
  },
  { id: "relay: nothing after a cut", mutation: onRelay((relay) => ({ ...relay, cut: () => [] })) },
  { id: "relay: a cut at a limit ends in an error", mutation: onRelay((relay) => ({ ...relay, cut: () => relay.cut(broken) })) },
  {
    id: "relay: usage not observed",
    mutation: onRelay((relay) => ({ ...relay, observed: () => ({ ...relay.observed(), usage: undefined }) })),
  },
  {
    id: "relay: errors not observed",
    mutation: onRelay((relay) => ({ ...relay, observed: () => ({ ...relay.observed(), error: undefined }) })),
  },
  {
    id: "relay: content never seen",
    mutation: onRelay((relay) => ({ ...relay, observed: () => ({ ...relay.observed(), content: false }) })),
  },
];

export const framing: readonly Planted[] = [
  {
    id: "framing: characters torn between reads",
    mutation: (subject) => ({ ...subject, decoder: () => tearing(subject.decoder()) }),
  },
  {
    id: "framing: last event without its blank line lost",
    mutation: (subject) => ({ ...subject, frames: () => ({ ...methods(subject.frames()), rest: () => undefined }) }),
  },
  {
    id: "framing: carriage returns kept",
    mutation: (subject) => ({ ...subject, parseFrame: (frame) => subject.parseFrame(frame.filter((byte) => byte !== 10)) }),
  },
];

type Framed = ReturnType<Parameters<Mutation>[0]["frames"]>;
const methods = (frames: Framed): Framed => ({ push: (bytes) => frames.push(bytes), rest: () => frames.rest() });

function tearing(decoder: ReturnType<Parameters<Mutation>[0]["decoder"]>) {
  return {
    push: (bytes: Uint8Array) => decoder.push(new TextEncoder().encode(new TextDecoder().decode(bytes))),
    end: () => decoder.end(),
  };
}
