import { parseEnv } from "node:util";

/** Where a variable's value came from. */
export type VariableSource = "environment" | ".env";

export interface Variables {
  readonly [name: string]: string | undefined;
}

/**
 * The process's variables over those of a `.env` file: where both have a name, the process wins. An empty value counts as
 * not set. Not a plain object, so that it is never printed or serialised with what it holds.
 */
export class Environment {
  readonly #process: Variables;
  readonly #file: Variables;

  /** `dotenv` is the text of the `.env` file. */
  constructor(process: Variables, dotenv?: string) {
    this.#process = process;
    this.#file = dotenv === undefined ? {} : parseEnv(dotenv);
  }

  get(name: string): string | undefined {
    return own(this.#process, name) ?? own(this.#file, name);
  }

  source(name: string): VariableSource | undefined {
    if (own(this.#process, name) !== undefined) return "environment";
    return own(this.#file, name) === undefined ? undefined : ".env";
  }

  /** The names that have a value, for suggestions. */
  names(): readonly string[] {
    return [...new Set([...Object.keys(this.#process), ...Object.keys(this.#file)])].filter(
      (name) => this.get(name) !== undefined,
    );
  }
}

function own(variables: Variables, name: string): string | undefined {
  return Object.hasOwn(variables, name) && variables[name] !== "" ? variables[name] : undefined;
}
