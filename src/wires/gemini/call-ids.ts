import { digest } from "../shared/names.ts";

interface Open {
  readonly id: string;
  readonly name: string;
  answered: boolean;
}

/**
 * Ids of the calls of a caller's history. This API lets them out: a result then belongs to the first call of its name in the
 * turn before it that has none yet. What is made up depends on the history alone, so that it is the same on every turn.
 */
export class CallIds {
  #turn: Open[] = [];
  #speaking = false;

  /** A message begins. Messages of the model in a row are one turn. */
  message(model: boolean): void {
    if (model && !this.#speaking) this.#turn = [];
    this.#speaking = model;
  }

  /** The id of a call; made up from where it stands and what it says where it has none. */
  call(given: string | undefined, name: string, args: string, place: string): string {
    const id = given ?? `made_${digest(`${place} ${name} ${args}`)}`;
    this.#turn.push({ id, name, answered: false });
    return id;
  }

  /** The id of the call that a result answers. */
  result(given: string | undefined, name: string): string {
    const open = this.#turn.filter(({ answered }) => !answered);
    const found =
      (given === undefined ? undefined : open.find(({ id }) => id === given)) ?? open.find((call) => call.name === name);
    if (given !== undefined && found?.id !== given && !found?.id.startsWith("made_")) return given;
    if (found === undefined) return given ?? `made_${digest(name)}`;
    found.answered = true;
    return found.id;
  }
}
