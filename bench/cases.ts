import { chatBody, messagesBody } from "./bodies.ts";
import type { Expectation } from "./load/reply-check.ts";

export const groups = ["relay-json", "relay-stream", "translate-json", "translate-stream", "memory"] as const;
export type Group = (typeof groups)[number];
export type SpeedGroup = Exclude<Group, "memory">;

export function isGroup(name: string): name is Group {
  return groups.some((group) => group === name);
}

export const isSpeedGroup = (group: Group): group is SpeedGroup => group !== "memory";

/** Most CPU time per request, as a multiple of the floor's. */
export interface Target {
  readonly now: number;
  readonly goal: number;
}

export const targets: Readonly<Record<SpeedGroup, Target>> = {
  "relay-json": { now: 2, goal: 1.5 },
  "relay-stream": { now: 1.5, goal: 1.3 },
  "translate-json": { now: 3, goal: 2.5 },
  "translate-stream": { now: 4, goal: 3 },
};

/** What is sent to every gateway; the upstream always speaks OpenAI Chat. */
export interface Case {
  readonly name: string;
  readonly group: SpeedGroup;
  readonly wire: "openai-chat" | "anthropic-messages";
  readonly stream: boolean;
  readonly connections: number;
  /** Requests in one round, and before the first. */
  readonly requests: number;
  readonly warmup: number;
  readonly path: string;
  body(model: string): string;
  readonly expect: Expectation;
}

const sizes = [
  { label: "0.3 KB", bytes: 300, share: 1 },
  { label: "100 KB", bytes: 100_000, share: 0.25 },
] as const;

/** Every case of a group, smallest first. `share` scales the number of requests. */
export function casesOf(group: SpeedGroup, share: number): readonly Case[] {
  const stream = group.endsWith("stream");
  const relay = group.startsWith("relay");
  return sizes.map((size) => ({
    name: `${group} ${size.label}`,
    group,
    wire: relay ? "openai-chat" : "anthropic-messages",
    stream,
    connections: stream ? 16 : 32,
    requests: Math.round((stream ? 3_000 : 20_000) * share * size.share),
    warmup: Math.round((stream ? 1_500 : 20_000) * share * size.share),
    path: relay ? "/v1/chat/completions" : "/v1/messages",
    body: (model) => (relay ? chatBody : messagesBody)({ model, stream, bytes: size.bytes }),
    expect: relay ? (stream ? "chat-stream" : "chat-json") : stream ? "messages-stream" : "messages-json",
  }));
}
