import { type Detector, isWord, type Match, matchesFrom, tailRun } from "./detector.ts";

/** A secret that begins with letters of its own, and goes on with at least `least` characters of a class. */
interface Shape {
  readonly kind: string;
  readonly prefixes: readonly string[];
  readonly body: string;
  readonly least: number;
  /** It holds a digit: words joined by dashes are no secret. */
  readonly digit?: boolean | undefined;
}

const shapes: readonly Shape[] = [
  { kind: "api_key", prefixes: ["sk-"], body: "A-Za-z0-9_-", least: 20, digit: true },
  { kind: "api_key", prefixes: ["sk_live_", "rk_live_"], body: "A-Za-z0-9", least: 16 },
  { kind: "api_key", prefixes: ["AIza"], body: "A-Za-z0-9_-", least: 30 },
  { kind: "api_key", prefixes: ["gsk_", "hf_", "npm_"], body: "A-Za-z0-9", least: 30 },
  { kind: "api_key", prefixes: ["xai-", "pplx-"], body: "A-Za-z0-9", least: 40 },
  { kind: "api_key", prefixes: ["pgadmin_"], body: "A-Za-z0-9_-", least: 20 },
  { kind: "aws_key", prefixes: ["AKIA", "ASIA"], body: "A-Z0-9", least: 16 },
  { kind: "github_token", prefixes: ["ghp_", "gho_", "ghu_", "ghs_", "ghr_"], body: "A-Za-z0-9", least: 30 },
  { kind: "github_token", prefixes: ["github_pat_"], body: "A-Za-z0-9_", least: 22 },
  { kind: "gitlab_token", prefixes: ["glpat-"], body: "A-Za-z0-9_-", least: 20 },
  {
    kind: "slack_token",
    prefixes: ["xoxa-", "xoxb-", "xoxe-", "xoxo-", "xoxp-", "xoxr-", "xoxs-"],
    body: "A-Za-z0-9-",
    least: 10,
    digit: true,
  },
];

const jwtBody = "[A-Za-z0-9_-]";
/** Its body is nowhere before another beginning in it, so that a long one is read once only. */
const jwt = `(?<![A-Za-z0-9_-])eyJ${jwtBody}{10,}\\.eyJ${jwtBody}{10,}\\.${jwtBody}*`;
const jwtBegun = [`eyJ${jwtBody}*`, `eyJ${jwtBody}*\\.${jwtBody}*`, `eyJ${jwtBody}*\\.${jwtBody}*\\.${jwtBody}*`];

const afterNone = "(?<![A-Za-z0-9_])";
const every = shapes.flatMap((shape) => shape.prefixes.map((prefix) => ({ ...shape, prefix })));

const whole = new RegExp(
  `${afterNone}(?:${every.map(({ prefix, body, least }) => `${prefix}[${body}]{${least},}`).join("|")})|${jwt}`,
  "g",
);

/** Whatever may become one of them, at the end of a text. */
const begun = new RegExp(
  `${afterNone}(?:${[
    ...every.map(({ prefix, body }) => `${prefix}[${body}]*`),
    ...jwtBegun,
    ...new Set([...every.map(({ prefix }) => prefix), "eyJ"].flatMap(partial)),
  ].join("|")})$`,
);

function partial(prefix: string): readonly string[] {
  return Array.from({ length: prefix.length - 1 }, (_, at) => prefix.slice(0, at + 1));
}

const tail = (code: number): boolean => isWord(code) || code === 0x2d || code === 0x2e;

/** Keys of providers, tokens of well-known services and JSON web tokens, by what they look like. */
export const tokens: Detector = {
  find(text, from) {
    const found: Match[] = [];
    if (text.length - from < shortest) return found;
    for (const { index, 0: said } of matchesFrom(text, whole, from)) {
      const shape = every.find(({ prefix }) => said.startsWith(prefix));
      if (shape?.digit === true && !/\d/.test(said)) continue;
      found.push({ start: index, end: index + said.length, kind: shape?.kind ?? "jwt" });
    }
    return found;
  },
  pending(text) {
    const from = tailRun(text, tail, longestKept);
    if (from === text.length) return from;
    // What stands before decides whether a word begins there.
    const start = Math.max(0, from - 1);
    const at = text.slice(start).search(begun);
    return at === -1 ? text.length : Math.max(from, start + at);
  },
};

/** No secret is. */
const shortest = 14;

/** No key is longer. */
const longestKept = 16 * 1024;
