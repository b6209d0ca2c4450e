import type { Json } from "../../src/canonical/json.ts";
import { isArray, isObject } from "../../src/canonical/json.ts";
import { parseJson } from "./json.ts";
import { naiveFrames } from "./sse.ts";

/* Damages recorded streams the way wires, proxies and providers do: bytes, frames, and values inside frames. */

type Random = () => number;
type Mutator = (bytes: Uint8Array, random: Random) => Uint8Array;

const pick = (random: Random, below: number): number => Math.floor(random() * below);
const join = (...parts: readonly Uint8Array[]): Uint8Array => Buffer.concat(parts);
const encode = (text: string): Uint8Array => new TextEncoder().encode(text);

const flipped: Mutator = (bytes, random) => {
  const out = Uint8Array.from(bytes);
  for (let i = 1 + pick(random, 8); i > 0; i--) out[pick(random, out.length)] = pick(random, 256);
  return out;
};
const cutShort: Mutator = (bytes, random) => bytes.subarray(0, pick(random, bytes.length));
const removed: Mutator = (bytes, random) => {
  const at = pick(random, bytes.length);
  return join(bytes.subarray(0, at), bytes.subarray(at + 1 + pick(random, 200)));
};
const doubled: Mutator = (bytes, random) => {
  const at = pick(random, bytes.length);
  const end = at + 1 + pick(random, 300);
  return join(bytes.subarray(0, end), bytes.subarray(at));
};
const noise = [
  "\0",
  "\r",
  "\n\n",
  "data: null\n\n",
  "data: 1\n\n",
  "data: []\n\n",
  'data: {"choices":null}\n\n',
  ": comment\n\n",
  "id: 7\n\n",
];
const moreNoise = [
  "data: [DONE]\n\n",
  "event: error\ndata: {}\n\n",
  'data: {"error":"x"}\n\n',
  "\ufeff",
  "\ud83c",
  "<html>502</html>",
  '{"a":'.repeat(50),
];
const inserted: Mutator = (bytes, random) => {
  const all = [...noise, ...moreNoise];
  const at = pick(random, bytes.length);
  return join(bytes.subarray(0, at), encode(all[pick(random, all.length)] ?? ""), bytes.subarray(at));
};

const onFrames =
  (change: (frames: string[], random: Random) => void): Mutator =>
  (bytes, random) => {
    const frames = naiveFrames(new TextDecoder().decode(bytes));
    change(frames, random);
    return encode(frames.join(""));
  };
const frameDropped = onFrames((frames, random) => frames.splice(pick(random, frames.length), 1 + pick(random, 3)));
const frameDoubled = onFrames((frames, random) => {
  const at = pick(random, frames.length);
  frames.splice(pick(random, frames.length), 0, frames[at] ?? "");
});
const framesSwapped = onFrames((frames, random) => {
  const a = pick(random, frames.length);
  const b = pick(random, frames.length);
  const kept = frames[a] ?? "";
  frames[a] = frames[b] ?? "";
  frames[b] = kept;
});
const valueReplaced = onFrames((frames, random) => {
  for (let i = 1 + pick(random, 3); i > 0; i--) {
    const at = pick(random, frames.length);
    frames[at] = (frames[at] ?? "").replace(/^data: ?(\{.*\})/m, (whole, text: string) => {
      const json = parseJson(text);
      return json === undefined ? whole : `data: ${JSON.stringify(damaged(json, random))}`;
    });
  }
});

const oddities: readonly Json[] = [
  null,
  true,
  -1,
  0,
  1e308,
  0.5,
  "",
  "x",
  [],
  {},
  [null],
  { type: "x" },
  "9007199254740993",
  [[]],
];

/** The value with one member, anywhere in it, replaced, removed or renamed. */
function damaged(value: Json, random: Random): Json {
  const odd = oddities[pick(random, oddities.length)] ?? null;
  if (isArray(value) && value.length > 0 && random() < 0.8) {
    const at = pick(random, value.length);
    return value.map((one, i) => (i === at ? damaged(one, random) : one));
  }
  if (!isObject(value) || Object.keys(value).length === 0 || random() < 0.1) return odd;
  const keys = Object.keys(value);
  const key = keys[pick(random, keys.length)] ?? "";
  const { [key]: old, ...rest } = value;
  if (random() < 0.15) return rest;
  if (random() < 0.1) return { ...rest, ["__proto__x"]: old };
  return { ...value, [key]: damaged(old ?? null, random) };
}

const framesShuffled = onFrames((frames, random) => {
  const at = pick(random, frames.length);
  const some = frames.splice(at, 2 + pick(random, 4));
  frames.splice(pick(random, frames.length + 1), 0, ...some.reverse());
});

/** A member, somewhere in a frame, gets what a member of the same name has in another: whole in itself, wrong where it stands. */
const valuesBorrowed = onFrames((frames, random) => {
  const bodies = frames.map((frame) => parseJson(/^data: ?(\{.*\})/m.exec(frame)?.[1] ?? "null") ?? null);
  for (let i = 1 + pick(random, 3); i > 0; i--) {
    const to = pick(random, frames.length);
    const lender = bodies[pick(random, bodies.length)] ?? null;
    const names = members(lender);
    const [name, value] = names[pick(random, names.length)] ?? ["", null];
    const made = withMember(bodies[to] ?? null, name, value);
    if (made === undefined) continue;
    bodies[to] = made;
    frames[to] = (frames[to] ?? "").replace(/^data: ?\{.*\}/m, () => `data: ${JSON.stringify(made)}`);
  }
});

/** All members in a value, however deep. */
function members(value: Json): (readonly [string, Json])[] {
  if (isArray(value)) return value.flatMap(members);
  if (!isObject(value)) return [];
  return Object.entries(value).flatMap(([name, inner = null]) => [[name, inner] as const, ...members(inner)]);
}

/** The value with its first member of that name changed; undefined where there is none. */
function withMember(value: Json, name: string, to: Json): Json | undefined {
  if (isArray(value)) {
    for (const [at, one] of value.entries()) {
      const made = withMember(one, name, to);
      if (made !== undefined) return value.with(at, made);
    }
    return undefined;
  }
  if (!isObject(value)) return undefined;
  if (value[name] !== undefined) return { ...value, [name]: to };
  for (const [key, one = null] of Object.entries(value)) {
    const made = withMember(one, name, to);
    if (made !== undefined) return { ...value, [key]: made };
  }
  return undefined;
}

const mutators: readonly Mutator[] = [
  flipped,
  cutShort,
  removed,
  doubled,
  inserted,
  frameDropped,
  frameDoubled,
  framesSwapped,
  framesShuffled,
  valuesBorrowed,
  valuesBorrowed,
  valueReplaced,
  valueReplaced,
  valueReplaced,
];

/** One to three damages, one after the other. */
export function mutate(bytes: Uint8Array, random: Random): Uint8Array {
  let out = bytes;
  for (let i = 1 + pick(random, 3); i > 0 && out.length > 0; i--)
    out = (mutators[pick(random, mutators.length)] ?? flipped)(out, random);
  return out;
}
