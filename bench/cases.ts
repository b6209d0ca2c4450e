import type { Expectation } from "./load/reply-check.ts";
import { benchWires, pairs, type WireName } from "./wires/wire.ts";

export const groups = [
  "relay-json",
  "relay-stream",
  "translate-json",
  "translate-stream",
  "pairs-json",
  "pairs-stream",
  "memory",
] as const;
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
  "pairs-json": { now: 3, goal: 2.5 },
  "pairs-stream": { now: 4, goal: 3 },
};

/** What is sent to every gateway. */
export interface Case {
  readonly name: string;
  readonly group: SpeedGroup;
  /** The caller's wire, and the one the upstream speaks. */
  readonly from: WireName;
  readonly to: WireName;
  readonly stream: boolean;
  readonly connections: number;
  /** Requests in one round, and before the first. */
  readonly requests: number;
  readonly warmup: number;
  readonly bytes: number;
  readonly expect: Expectation;
}

/** True for the cases of every pair of wires, behind which stands an upstream that speaks all four. */
export const isPair = ({ group }: Pick<Case, "group">): boolean => group.startsWith("pairs");

const sizes = [
  { label: "0.3 KB", bytes: 300, share: 1 },
  { label: "100 KB", bytes: 100_000, share: 0.25 },
] as const;

/** Every case of a group, smallest first. `share` scales the number of requests. */
export function casesOf(group: SpeedGroup, share: number): readonly Case[] {
  const stream = group.endsWith("stream");
  return routesOf(group).flatMap(([from, to]) =>
    sizes.map((size) => {
      const { json, stream: streamed } = benchWires[from];
      // Twenty-four pairs of sizes and wires: a third of the requests each.
      const part = share * size.share * (group.startsWith("pairs") ? 1 / 3 : 1);
      const route = group.startsWith("pairs") ? ` ${benchWires[from].short} to ${benchWires[to].short}` : "";
      return {
        name: `${group}${route} ${size.label}`,
        group,
        from,
        to,
        stream,
        connections: stream ? 16 : 32,
        requests: Math.round((stream ? 3_000 : 20_000) * part),
        warmup: Math.round((stream ? 1_500 : 20_000) * part),
        bytes: size.bytes,
        expect: stream ? streamed : json,
      };
    }),
  );
}

function routesOf(group: SpeedGroup): readonly (readonly [WireName, WireName])[] {
  if (group.startsWith("pairs")) return pairs;
  return [[group.startsWith("relay") ? "openai-chat" : "anthropic-messages", "openai-chat"]];
}
