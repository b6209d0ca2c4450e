import type { Redact } from "../canonical/log.ts";
import type { Secret } from "../canonical/secret.ts";
import { formsOf } from "./secret-forms.ts";

/** Any stretch of a known secret that is longer than eight characters is taken out. */
const shortestRun = 9;
/** Any stretch of nine characters holds one of these that begins at a multiple of its length. */
const gram = 5;
/** A secret shorter than this is a word that stands in others: it is taken out where it stands alone. */
const wordLength = 12;
/** Shorter than this it is no secret at all. */
const leastLength = 8;
/** Memory stays bounded: of the secrets past the first, only their own spelling is known. */
const fullyKnown = 2000;
const longestName = 120;
const mostNames = 1000;
const mask = "[secret]";

interface Place {
  readonly text: string;
  readonly at: number;
  /** Only the whole of it counts, and only where nothing like it goes on before or behind. */
  readonly word: boolean;
}

/**
 * Takes secrets out of texts: those it was told of, in the spellings a text may have them in (plain, base64, percent-encoded,
 * JSON) and in pieces of more than eight characters, and whatever has the shape of a secret. Each gateway has its own.
 *
 * A text is read once: the last five characters, packed into thirty bits, are looked up in a table, and only where they occur
 * in a secret is anything compared. Some 2 ns per character.
 */
export class Redactor {
  readonly #seen = new Uint8Array(1 << 16);
  readonly #places = new Map<number, Place[]>();
  readonly #known = new Set<string>();
  readonly #often = new Map<string, string>();

  /** From now on this secret is taken out. Knows it already, or is it too short to be one: nothing happens. */
  add(secret: Secret | string): void {
    const text = typeof secret === "string" ? secret : secret.reveal();
    if (text.length < leastLength || this.#known.has(text)) return;
    this.#known.add(text);
    this.#often.clear();
    const word = text.length < wordLength;
    for (const form of word || this.#known.size > fullyKnown ? [text] : formsOf(text)) this.#learn(form, word);
  }

  /** The text without secrets. */
  readonly redact: Redact = (text) => {
    if (text.length < leastLength) return text;
    const known = this.#known.size === 0 ? text : this.#withoutKnown(text);
    return withoutShapes(known);
  };

  /** The same for short texts that come again and again: names of models, finish reasons. */
  readonly redactName: Redact = (text) => {
    if (text.length < leastLength) return text;
    const found = this.#often.get(text);
    if (found !== undefined) return found;
    const clean = this.redact(text);
    if (text.length > longestName) return clean;
    if (this.#often.size >= mostNames) this.#often.clear();
    this.#often.set(text, clean);
    return clean;
  };

  #learn(text: string, word: boolean): void {
    for (let at = 0; at + gram <= text.length; at += gram) {
      let key = 0;
      for (let i = at; i < at + gram; i++) key = pack(key, text.charCodeAt(i));
      this.#seen[fold(key)] = 1;
      const places = this.#places.get(key);
      const place = { text, at, word };
      if (places === undefined) this.#places.set(key, [place]);
      else places.push(place);
      if (word) return;
    }
  }

  #withoutKnown(text: string): string {
    const seen = this.#seen;
    let out = "";
    let kept = 0;
    let key = 0;
    for (let end = 1; end <= text.length; end++) {
      key = pack(key, text.charCodeAt(end - 1));
      if (seen[fold(key)] === 0 || end - kept < gram) continue;
      const first = this.#longest(text, end - gram, kept, this.#places.get(key));
      if (first === undefined) continue;
      const run = this.#joined(text, end, key, kept, first);
      out += text.slice(kept, run.from) + mask;
      kept = run.to;
      end = run.to;
      key = 0;
    }
    return kept === 0 ? text : out + text.slice(kept);
  }

  /** The stretch with those of other secrets that begin in it: two may have a piece in common and go on differently. */
  #joined(text: string, from: number, known: number, kept: number, first: Run): Run {
    let run = first;
    let key = known;
    for (let end = from + 1; end <= text.length && end - gram <= run.to; end++) {
      key = pack(key, text.charCodeAt(end - 1));
      if (this.#seen[fold(key)] === 0) continue;
      const other = this.#longest(text, end - gram, kept, this.#places.get(key));
      if (other !== undefined && other.from <= run.to)
        run = { from: Math.min(run.from, other.from), to: Math.max(run.to, other.to) };
    }
    return run;
  }

  /** The longest stretch around `at` that some secret has too. */
  #longest(text: string, at: number, least: number, places: readonly Place[] | undefined): Run | undefined {
    let found: Run | undefined;
    for (const place of places ?? []) {
      const run = shared(text, at, least, place);
      if (run !== undefined && (found === undefined || run.to - run.from > found.to - found.from)) found = run;
    }
    return found;
  }
}

interface Run {
  readonly from: number;
  readonly to: number;
}

function shared(text: string, at: number, least: number, { text: secret, at: start, word }: Place): Run | undefined {
  let from = at;
  for (let i = start; i > 0 && from > least && text.charCodeAt(from - 1) === secret.charCodeAt(i - 1); i--) from--;
  let to = at;
  for (let i = start; i < secret.length && to < text.length && text.charCodeAt(to) === secret.charCodeAt(i); i++) to++;
  if (!word) return to - from >= shortestRun ? { from, to } : undefined;
  if (to - from < secret.length || wordCharacter.test(text.charAt(from - 1)) || wordCharacter.test(text.charAt(to)))
    return undefined;
  return { from, to };
}

const wordCharacter = /[\w-]/;

/** Six bits per character: the fifth before the last has been shifted out of the thirty. */
const pack = (key: number, code: number): number => ((key << 6) ^ code) & 0x3fffffff;
const fold = (key: number): number => (key ^ (key >>> 14)) & 0xffff;

/* What looks like a secret whoever issued it. Each alternative is linear and begins with letters that are rare. */
const shapes = new RegExp(
  [
    String.raw`\b(?:sk|rk|pk)-[\w-]{12,}`,
    String.raw`\bAIza[\w-]{30,}`,
    String.raw`\b(?:AKIA|ASIA)[0-9A-Z]{16}\b`,
    String.raw`\b(?:gh[opsur]|github_pat|glpat|xox[abeprs]|hf|gsk|xai|pplx|pgadmin)[_-][\w-]{16,}`,
    String.raw`\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*`,
    "-----BEGIN [A-Z ]{0,30}PRIVATE KEY-----",
  ].join("|"),
  "g",
);
const named =
  /\b(bearer|basic)[ +]+[\w.~+/=-]{8,}|([?&](?:key|api[_-]?key|access_token|token|secret|signature)=)[\w.~+/=%-]{4,}|(:\/\/[^\s/:@"'\\]{1,100}:)[^\s/@"'\\]{1,200}(?=@)/gi;
/** All of the above have one of these: without it there is nothing to look for. */
const hint =
  /[srp]k-|AIza|A[KS]IA|gh[opsur][_-]|github_pat|glpat|xox|hf[_-]|gsk[_-]|xai[_-]|pplx|pgadmin|eyJ|PRIVATE|earer|asic|EARER|ASIC|[?&]\w|:\/\//;

function withoutShapes(text: string): string {
  if (!hint.test(text)) return text;
  return text
    .replace(shapes, mask)
    .replace(named, (_, scheme?: string, parameter?: string, user?: string) =>
      scheme === undefined ? `${parameter ?? user ?? ""}${mask}` : `${scheme} ${mask}`,
    );
}
