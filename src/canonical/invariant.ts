/**
 * Something that cannot be has come to be: going on could spend somebody's money or show somebody's words to another. It is no
 * call's failure: the process ends with exit code 70, its supervisor starts it anew, and the books are what the disk holds.
 */
export class InvariantError extends Error {
  override readonly name = "InvariantError";
}

/** The invariant that an error is, or was wrapped around. */
export function invariantOf(thrown: unknown): InvariantError | undefined {
  for (let error = thrown, depth = 0; error instanceof Error && depth < 8; error = error.cause, depth++) {
    if (error instanceof InvariantError) return error;
  }
  return undefined;
}
