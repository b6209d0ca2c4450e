import { digest } from "../shared/names.ts";

interface Open {
  readonly id: string;
  readonly name: string;
  answered: boolean;
}

/** Calls in their order; those before `from` are answered. A turn may hold many thousands. */
interface Queue {
  readonly calls: Open[];
  from: number;
}

/**
 * Ids of the calls of a caller's history. This API lets them out: a result then belongs to the first call of its name in the
 * turn before it that has none yet. What is made up depends on the history alone, so that it is the same on every turn.
 */
export class CallIds {
  readonly #byId = new Map<string, Queue>();
  readonly #byName = new Map<string, Queue>();
  #speaking = false;

  /** A message begins. Messages of the model in a row are one turn. */
  message(model: boolean): void {
    if (model && !this.#speaking) {
      this.#byId.clear();
      this.#byName.clear();
    }
    this.#speaking = model;
  }

  /** The id of a call; made up from where it stands and what it says where it has none. */
  call(given: string | undefined, name: string, args: string, place: string): string {
    const id = given ?? `made_${digest(`${place} ${name} ${args}`)}`;
    const open: Open = { id, name, answered: false };
    queue(this.#byId, id).calls.push(open);
    queue(this.#byName, name).calls.push(open);
    return id;
  }

  /** The id of the call that a result answers. */
  result(given: string | undefined, name: string): string {
    const found = (given === undefined ? undefined : first(this.#byId.get(given))) ?? first(this.#byName.get(name));
    if (given !== undefined && found?.id !== given && !found?.id.startsWith("made_")) return given;
    if (found === undefined) return given ?? `made_${digest(name)}`;
    found.answered = true;
    return found.id;
  }
}

function queue(queues: Map<string, Queue>, key: string): Queue {
  const found = queues.get(key) ?? { calls: [], from: 0 };
  queues.set(key, found);
  return found;
}

/** The first call that has no result yet. */
function first(queue: Queue | undefined): Open | undefined {
  if (queue === undefined) return undefined;
  while (queue.calls[queue.from]?.answered === true) queue.from++;
  return queue.calls[queue.from];
}
