import { isAscii } from "node:buffer";
import { type Call, withRequest } from "../../canonical/call.ts";
import type { Operation, Operations } from "../../canonical/operations.ts";
import { mayHoldControls } from "./detect/control-characters.ts";
import { JsonFilter } from "./json-filter.ts";
import { Masks } from "./masks.ts";
import { refusedInput, refusedSize, told, warn } from "./report.ts";
import type { GuardOptions } from "./rules.ts";
import type { Finding, Scanner } from "./scanner.ts";
import { type OnFinding, ScanFilter, settled } from "./text-filter.ts";
import { rewritten, visit } from "./walk.ts";

/** A call that may go on, and what was masked in it. */
export interface Passed<Op extends Operation> {
  readonly call: Call<Op>;
  readonly masks?: Masks | undefined;
}

/** Looks through requests, whatever they are for and wherever in them a text stands. */
export class InputGuard {
  readonly #scanner: Scanner;
  readonly #most: number;
  /** Bodies tell from their bytes whether there is anything to be looked for. */
  readonly #controlsOnly: boolean;

  /** Only told, a backspace is not worth the search for it in every body. */
  readonly #backspaces: boolean;

  constructor(scanner: Scanner, { input, ...lists }: GuardOptions) {
    this.#scanner = scanner;
    this.#most = input.maxCharacters ?? Number.POSITIVE_INFINITY;
    this.#backspaces = input.controlCharacters !== "flag";
    const listed = lists.forbidden.length + lists.forbiddenExact.length > 0;
    this.#controlsOnly = input.secrets === "off" && input.pii === "off" && (input.forbidden === "off" || !listed);
  }

  get idle(): boolean {
    return this.#scanner.idle && this.#most === Number.POSITIVE_INFINITY;
  }

  /** Throws GatewayError `content_policy`; whatever else it throws must refuse the call, too. */
  pass<Op extends Operation>(call: Call<Op>): Passed<Op> {
    const source = call.completed === undefined ? call.source : undefined;
    if (source !== undefined && this.#isClean(source.body)) return { call };
    return this.#inspect(call, source === undefined ? (call.completed ?? call.request) : source.json)
      ? this.#rewrite(call)
      : { call };
  }

  #isClean(bytes: Uint8Array): boolean {
    if (bytes.length > this.#most) return false;
    if (!this.#controlsOnly) return false;
    const body = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    return this.#scanner.idle || !mayHoldControls(body, { ascii: isAscii(body), backspaces: this.#backspaces });
  }

  /** Whether anything must be changed. The caller's own JSON is looked through where it is at hand: its paths are the caller's. */
  #inspect(call: Call, root: unknown): boolean {
    let characters = 0;
    let changes = false;
    visit(root, (text, place) => {
      if (!place.bare) characters += text.length;
      each(this.#scanner, text, place.json, (finding) => {
        const at = told(place.path(), this.#scanner);
        if (finding.deed === "refuse") throw refusedInput(finding, at);
        warn(call.warnings, finding, at);
        changes ||= finding.deed !== "flag";
      });
    });
    if (characters > this.#most) throw refusedSize(characters, this.#most);
    return changes;
  }

  #rewrite<Op extends Operation>(call: Call<Op>): Passed<Op> {
    const request = call.completed ?? call.request;
    const masks = new Masks(knowsAll(call, request) ? "" : `${call.id.slice(-4).toLowerCase()}_`);
    visit(unthinking(request), (text) => masks.avoid(text));
    const instead: OnFinding = ({ deed, kind, rule }, text) => {
      switch (deed) {
        case "flag":
          return undefined;
        case "mask":
          return masks.of(text, kind);
        case "redact":
        case "refuse":
          return rule === "control_characters" ? "" : `[redacted:${kind}]`;
      }
    };
    const made = rewritten(request, (given, json) => settled(given, (text) => filtered(this.#scanner, text, json, instead)));
    // Names and identifiers cannot be changed without breaking what they name.
    visit(made, (text, place) => {
      each(this.#scanner, text, place.json, (finding) => {
        if (finding.deed !== "flag") throw refusedInput(finding, told(place.path(), this.#scanner));
      });
    });
    return { call: withRequest(call, made), masks: masks.size === 0 ? undefined : masks };
  }
}

/** Whether all of the conversation is in the request, so that the same stand-ins come out of it with every turn. */
const knowsAll = (call: Call, request: Operations[Operation]["request"]): boolean =>
  call.continues === undefined && !("conversation" in request && request.conversation !== undefined);

/** The request without the model's thoughts, which keep the stand-ins that were given out for them. */
function unthinking(request: Operations[Operation]["request"]): unknown {
  if (!("messages" in request)) return request;
  return request.messages.map(({ content }) => content.filter(({ type }) => type !== "reasoning"));
}

function each(scanner: Scanner, text: string, json: boolean, look: (finding: Finding) => void): void {
  if (!json || !isJson(text)) for (const finding of scanner.find(text)) look(finding);
  else filtered(scanner, text, true, (finding) => void look(finding));
}

function filtered(scanner: Scanner, text: string, json: boolean, onFinding: OnFinding): string {
  let touched = false;
  const marked: OnFinding = (finding, said) => {
    const instead = onFinding(finding, said);
    touched ||= instead !== undefined;
    return instead;
  };
  const quoted: OnFinding = (finding, said) => {
    const instead = marked(finding, said);
    return instead === undefined ? undefined : JSON.stringify(instead);
  };
  const filter =
    json && isJson(text)
      ? new JsonFilter(new ScanFilter(scanner, marked), new ScanFilter(scanner, quoted))
      : new ScanFilter(scanner, marked);
  const out = filter.push(text) + filter.end();
  return touched ? out : text;
}

/** A custom tool's arguments are any text. */
function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
