import type { Json, JsonObject } from "../../../canonical/json.ts";
import type { Bag } from "./bag.ts";
import { told } from "./words.ts";
import { below, join, type Place, type Work } from "./work.ts";

/** One keyword of a schema, and the bag that what it demands goes into. */
export interface Reading {
  readonly bag: Bag;
  readonly place: Place;
  readonly work: Work;
  readonly depth: number;
  /** The schema it stands in. */
  readonly schema: JsonObject;
  readonly key: string;
  readonly value: Json;
}

export type Reader = (reading: Reading) => void;

/** The keyword's value, as the place of a schema. */
export const schemaAt = ({ place, key, value }: Reading): Place => below(place, key, value);

/** More of the same is too much to be said. */
export const most = 64;

export const tell = (bag: Bag, sentence: string): void => {
  if (bag.told.length < most && !bag.told.includes(sentence)) bag.told = [...bag.told, sentence];
};

/** What no dialect can say goes into words. */
export const inWords: Reader = ({ bag, place, work, key, value }) => {
  if (value === false || value === null) return;
  tell(bag, told(key, value));
  work.lose("approximated", join(place.at, key), "told in the description");
};

/** For the reader only: no constraint is lost. */
export const remark: Reader = ({ bag, key, value }) => {
  if (value !== null && value !== false) tell(bag, told(key, value));
};

export const malformed = ({ place, work, key }: Reading): void => work.lose("dropped", join(place.at, key), "it is malformed");

/** Adds to a list, as far as there is room. */
export function added<T>(list: readonly T[], one: T, { place, work, key }: Reading): readonly T[] {
  if (list.length < most) return [...list, one];
  work.lose("dropped", join(place.at, key), "more of the same than can be said");
  return list;
}
