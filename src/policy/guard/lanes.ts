import { JsonFilter } from "./json-filter.ts";
import { type Masks, RestoreFilter } from "./masks.ts";
import { refusedOutput } from "./report.ts";
import type { Finding, Scanner } from "./scanner.ts";
import { SeamFilter, Tail } from "./seam-filter.ts";
import { FilterPair, type OnFinding, ScanFilter, settled, type TextFilter } from "./text-filter.ts";
import { rewritten, visit } from "./walk.ts";

/** What kind of text it is: the answer, whatever else is said in it, thoughts, JSON for a tool. */
export type Lane = "text" | "said" | "thoughts" | "arguments";

/** A text on its way, and whether anything of it was changed. */
export interface LaneFilter extends TextFilter {
  readonly touched: boolean;
}

/** How answers of one call are looked through: the same rules whole and in pieces. Holds nothing of the call's request. */
export class Lanes {
  readonly scanner: Scanner;
  readonly #masks: Masks | undefined;
  readonly #json: boolean;
  readonly #tails = { text: new Map<number, Tail>(), thoughts: new Map<number, Tail>() };
  readonly #note: (finding: Finding, choice: number) => void;

  /** @param json the answer's text is JSON */
  constructor(options: {
    readonly scanner: Scanner;
    readonly masks: Masks | undefined;
    readonly json: boolean;
    readonly note: (finding: Finding, choice: number) => void;
  }) {
    this.scanner = options.scanner;
    this.#masks = options.masks;
    this.#json = options.json;
    this.#note = options.note;
  }

  /**
   * Thoughts keep their stand-ins: their maker's seal is on the text as it was. The filter throws GatewayError
   * `content_policy` where a rule refuses.
   */
  filter(lane: Lane, choice: number): LaneFilter {
    const made = { touched: false };
    const one = (quote: boolean): TextFilter => this.#plain(lane !== "thoughts", choice, quote, made);
    const json = lane === "arguments" || (lane === "text" && this.#json);
    const filter = json ? new JsonFilter(one(false), one(true)) : this.#seamed(one(false), lane, choice, made);
    return Object.assign(made, { push: (text: string) => filter.push(text), end: () => filter.end() });
  }

  /** A value with all texts in it changed, which do not come in pieces; itself where none was. */
  whole<T>(value: T, choice: number): T {
    const looked = this.scanner.idle ? value : this.#looked(value, choice);
    const masks = this.#masks;
    return masks === undefined ? looked : rewritten(looked, { text: (text) => masks.restored(text, () => undefined) });
  }

  #looked<T>(value: T, choice: number): T {
    const text = (given: string, json: boolean): string =>
      settled(given, (text) => {
        const touched = { touched: false };
        const one = (quote: boolean): TextFilter => this.#scan(choice, quote, touched);
        const filter = json ? new JsonFilter(one(false), one(true)) : one(false);
        const out = filter.push(text) + filter.end();
        return touched.touched ? out : text;
      });
    const made = rewritten(value, { text });
    visit(made, { text: (text) => this.check(text, choice) });
    return made;
  }

  /** Of what cannot be changed. Throws where it would have to be. */
  check(text: string, choice: number): void {
    for (const finding of this.scanner.find(text)) {
      this.#note(finding.deed === "flag" ? finding : { ...finding, deed: "refuse" }, choice);
      if (finding.deed !== "flag") throw refusedOutput(finding);
    }
  }

  #plain(restores: boolean, choice: number, quote: boolean, made: Touched): TextFilter {
    const scan = this.#scan(choice, quote, made);
    if (this.#masks === undefined || !restores) return scan;
    const restore = new RestoreFilter(this.#masks, () => {
      made.touched = true;
    });
    return this.scanner.idle ? restore : new FilterPair(scan, restore);
  }

  /** What is said in several parts is read as one, whatever stands between them. */
  #seamed(filter: TextFilter, lane: Lane, choice: number, made: Touched): TextFilter {
    if (this.scanner.idle || (lane !== "text" && lane !== "thoughts")) return filter;
    const tails = this.#tails[lane];
    const tail = tails.get(choice) ?? new Tail();
    tails.set(choice, tail);
    return new SeamFilter(filter, tail, this.scanner, this.#onFinding(choice, false, made));
  }

  #scan(choice: number, quote: boolean, made: Touched): TextFilter {
    return new ScanFilter(this.scanner, this.#onFinding(choice, quote, made));
  }

  /** @param quote what takes a finding's place must be JSON */
  #onFinding(choice: number, quote: boolean, made: Touched): OnFinding {
    return (finding) => {
      this.#note(finding, choice);
      if (finding.deed === "refuse") throw refusedOutput(finding);
      if (finding.deed === "flag") return undefined;
      made.touched = true;
      const instead = `[redacted:${finding.kind}]`;
      return quote ? JSON.stringify(instead) : instead;
    };
  }
}

interface Touched {
  touched: boolean;
}
