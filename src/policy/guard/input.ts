import { isAscii } from "node:buffer";
import { type Call, withRequest } from "../../canonical/call.ts";
import type { Operation, Operations } from "../../canonical/operations.ts";
import { mayHoldControls } from "./detect/control-characters.ts";
import { Looks } from "./looks.ts";
import { Masks } from "./masks.ts";
import { refusedInput, refusedSize, told, warn } from "./report.ts";
import type { GuardOptions } from "./rules.ts";
import type { Finding, Scanner } from "./scanner.ts";
import { crossing, mended } from "./seams.ts";
import { type OnFinding, settled } from "./text-filter.ts";
import { type Place, rewritten, visit } from "./walk.ts";

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
    const looks = new Looks(this.#scanner);
    return this.#inspect(call, source === undefined ? (call.completed ?? call.request) : source.json, looks)
      ? this.#rewrite(call, looks)
      : { call };
  }

  #isClean(bytes: Uint8Array): boolean {
    if (bytes.length > this.#most) return false;
    if (!this.#controlsOnly) return false;
    const body = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    return this.#scanner.idle || !mayHoldControls(body, { ascii: isAscii(body), backspaces: this.#backspaces });
  }

  /** Whether anything must be changed. The caller's own JSON is looked through where it is at hand: its paths are the caller's. */
  #inspect(call: Call, root: unknown, looks: Looks): boolean {
    let characters = 0;
    let changes = false;
    let places = 0;
    const tell = (found: readonly Finding[], place: Place): void => {
      if (found.length === 0) return;
      const at = places++ < mostPlaces || refuses(found) ? told(place.path(), this.#scanner) : undefined;
      const seen = new Set<string>();
      let last: Finding | undefined;
      for (const finding of found) {
        if (finding.kind === last?.kind && finding.rule === last.rule && finding.deed === last.deed) continue;
        last = finding;
        const what = `${finding.deed} ${finding.rule} ${finding.kind}`;
        if (seen.has(what)) continue;
        seen.add(what);
        if (finding.deed === "refuse") throw refusedInput(finding, at);
        warn(call.warnings, finding, at);
        changes ||= finding.deed !== "flag";
      }
    };
    visit(root, {
      text: (text, place) => {
        if (!place.bare) characters += text.length;
        tell(looks.find(text, place.json), place);
      },
      neighbours: (texts, place) => tell(crossing(this.#scanner, texts), place),
    });
    if (characters > this.#most) throw refusedSize(characters, this.#most);
    return changes;
  }

  #rewrite<Op extends Operation>(call: Call<Op>, looks: Looks): Passed<Op> {
    const request = call.completed ?? call.request;
    let masks: Masks | undefined;
    const instead: OnFinding = ({ deed, kind, rule }, text) => {
      switch (deed) {
        case "flag":
          return undefined;
        case "mask":
          masks ??= masksOf(call, request);
          return masks.of(text, kind);
        case "redact":
        case "refuse":
          return rule === "control_characters" ? "" : `[redacted:${kind}]`;
      }
    };
    let unsettled = false;
    const made = rewritten(request, {
      text: (given, json) =>
        settled(
          given,
          (text) => looks.changed(text, json, instead),
          () => {
            unsettled = true;
          },
        ),
      neighbours: (texts) => {
        const parted = mended(this.#scanner, texts, instead);
        unsettled ||= parted !== texts;
        return parted;
      },
    });
    // Names and identifiers cannot be changed without breaking what they name.
    const refuse = (found: readonly Finding[], place: Place): void => {
      for (const finding of found) {
        if (finding.deed !== "flag") throw refusedInput(finding, told(place.path(), this.#scanner));
      }
    };
    visit(made, {
      text: (text, place) => {
        if (place.fixed || unsettled) refuse(looks.find(text, place.json), place);
      },
      neighbours: unsettled ? (texts, place) => refuse(crossing(this.#scanner, texts), place) : undefined,
    });
    return { call: withRequest(call, made), masks };
  }
}

/** Past so many places the caller is told that there are more, and not where. */
const mostPlaces = 64;

const refuses = (found: readonly Finding[]): boolean => found.some(({ deed }) => deed === "refuse");

/** Stand-ins of this call, none that it holds already. */
function masksOf(call: Call, request: Operations[Operation]["request"]): Masks {
  const masks = new Masks(knowsAll(call, request) ? "" : `${call.id.slice(-4).toLowerCase()}_`);
  visit(unthinking(request), { text: (text) => masks.avoid(text) });
  return masks;
}

/** Whether all of the conversation is in the request, so that the same stand-ins come out of it with every turn. */
const knowsAll = (call: Call, request: Operations[Operation]["request"]): boolean =>
  call.continues === undefined && !("conversation" in request && request.conversation !== undefined);

/** The request without the model's thoughts, which keep the stand-ins that were given out for them. */
function unthinking(request: Operations[Operation]["request"]): unknown {
  if (!("messages" in request)) return request;
  return request.messages.map(({ content }) => content.filter(({ type }) => type !== "reasoning"));
}
