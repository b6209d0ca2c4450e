import { type JsonText, jsonText, replacedJson, saidBy } from "./json-text.ts";
import type { Finding, Scanner } from "./scanner.ts";
import { type OnFinding, replaced } from "./text-filter.ts";

/** Shorter texts are sooner looked at again than remembered. */
const worth = 4096;

interface Look {
  readonly json: JsonText | undefined;
  readonly found: readonly Finding[];
}

/** Looks at the texts of one call that are at hand whole; at a long one once, however often it stands there. */
export class Looks {
  readonly #scanner: Scanner;
  readonly #plain = new Map<string, Look>();
  readonly #json = new Map<string, Look>();

  constructor(scanner: Scanner) {
    this.#scanner = scanner;
  }

  /** @param asJson it may be JSON, and is then looked at as what it says: places are those in what it says */
  find(text: string, asJson: boolean): readonly Finding[] {
    return this.#look(text, asJson).found;
  }

  changed(text: string, asJson: boolean, instead: OnFinding): string {
    const { json, found } = this.#look(text, asJson);
    if (found.length === 0) return text;
    return json === undefined ? replaced(text, found, instead) : replacedJson(json, found, instead);
  }

  #look(text: string, asJson: boolean): Look {
    if (text.length < worth) return this.#looked(text, asJson);
    const known = asJson ? this.#json : this.#plain;
    const before = known.get(text);
    if (before !== undefined) return before;
    const look = this.#looked(text, asJson);
    known.set(text, look);
    return look;
  }

  #looked(text: string, asJson: boolean): Look {
    const json = asJson ? jsonText(text) : undefined;
    return { json, found: this.#scanner.find(json === undefined ? text : saidBy(json)) };
  }
}
