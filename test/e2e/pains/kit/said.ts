import type { Json, JsonObject } from "../../../../src/canonical/json.ts";

export interface SaidCall {
  readonly id: string;
  readonly name: string;
  readonly args: JsonObject;
}

/** What a provider says, in whatever wire. */
export interface Speech {
  readonly text?: string | undefined;
  readonly calls: readonly SaidCall[];
  /** The provider's own word, or how its wire says that the answer was cut. */
  readonly finish: string;
  /** Every event bears an empty finish reason until the last. */
  readonly emptyBefore?: boolean | undefined;
  /** The pieces of the calls' arguments come by turns, where the wire allows it. */
  readonly interleaved?: boolean | undefined;
}

/** A text in two pieces. */
export const halves = (text: string): readonly [string, string] => {
  const at = Math.ceil(text.length / 2);
  return [text.slice(0, at), text.slice(at)];
};

/** The pieces of several calls' arguments: one call after the other, or by turns. */
export function pieces(calls: readonly SaidCall[], interleaved: boolean): readonly (readonly [at: number, piece: string])[] {
  const each = calls.map(({ args }, at) => halves(JSON.stringify(args)).map((piece): [number, string] => [at, piece]));
  if (!interleaved) return each.flat();
  return [0, 1].flatMap((half) => each.flatMap((one) => one.slice(half, half + 1)));
}

export const sse = (data: Json, event?: string): string =>
  `${event === undefined ? "" : `event: ${event}\n`}data: ${JSON.stringify(data)}\n\n`;
