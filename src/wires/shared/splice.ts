import type { Source, Span } from "../../canonical/call.ts";
import type { Json } from "../../canonical/json.ts";

/** What to change in a body's top-level members. A name in both is set. */
export interface Edits {
  readonly set: { readonly [name: string]: Json };
  readonly remove: readonly string[];
}

const encoder = new TextEncoder();
const quote = 0x22;
const brace = encoder.encode("{");
const comma = encoder.encode(",");

/**
 * The caller's body with some top-level members set or removed. Everything else is passed on byte for byte: number spellings,
 * key order, white space. Members that are new come last. Where a name stood twice in the body, only the one that counted
 * (the last) is kept.
 *
 * @returns pieces of the new body in order; those not edited are views of `source.body`
 */
export function splice(source: Source, edits: Edits): readonly Uint8Array[] {
  const { body } = source;
  const members = [...source.members].sort(([, a], [, b]) => a.key - b.key);
  const pieces: Uint8Array[] = [];
  let from = 0;
  let to = 0;
  const copy = (start: number, end: number): void => {
    if (start === to) to = end;
    else {
      if (to > from) pieces.push(body.subarray(from, to));
      from = start;
      to = end;
    }
  };
  const write = (bytes: Uint8Array): void => {
    if (to > from) pieces.push(body.subarray(from, to));
    from = to = -1;
    pieces.push(bytes);
  };

  const first = members[0]?.[1];
  let kept = 0;
  let before: Span | undefined;
  const open = first === undefined ? brace.length : first.key;
  if (first === undefined || hides(body, 0, open)) write(brace);
  else copy(0, open);
  for (const [name, span] of members) {
    const replaced = Object.hasOwn(edits.set, name) ? edits.set[name] : undefined;
    if (replaced !== undefined || !edits.remove.includes(name)) {
      if (kept++ > 0) {
        if (before === undefined || hides(body, before.end, span.key)) write(comma);
        else copy(before.end, span.key);
      }
      if (replaced === undefined) copy(span.key, span.end);
      else {
        copy(span.key, span.start);
        write(encoder.encode(JSON.stringify(replaced)));
      }
    }
    before = span;
  }
  let added = "";
  for (const [name, value] of Object.entries(edits.set)) {
    if (source.members.has(name)) continue;
    added += `${kept++ > 0 ? "," : ""}${JSON.stringify(name)}:${JSON.stringify(value)}`;
  }
  if (added !== "") write(encoder.encode(added));
  if (before === undefined) write(encoder.encode("}"));
  else copy(before.end, body.length);
  if (to > from) pieces.push(body.subarray(from, to));
  return pieces;
}

/** Whether a member that does not count (an earlier one of the same name) stands between these offsets. */
function hides(body: Uint8Array, start: number, end: number): boolean {
  for (let at = start; at < end; at++) if (body[at] === quote) return true;
  return false;
}
