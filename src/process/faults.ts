import { type InvariantError, invariantOf } from "../canonical/invariant.ts";

export interface FaultOptions {
  /** Fails the call in whose course it happened. Gives that call's id; undefined where it was no call's. */
  readonly fail: (thrown: unknown) => string | undefined;
  /** For the log. */
  readonly tell: (thrown: unknown, callId: string | undefined) => void;
  /** Going on would be worse than ending. */
  readonly onBroken: (broken: InvariantError) => void;
}

/**
 * What is thrown where nobody catches it fails one call, and the process goes on; a broken invariant alone ends it. Gives what
 * stops the watch.
 */
export function catchFaults({ fail, tell, onBroken }: FaultOptions): () => void {
  const onThrown = (thrown: unknown): void => {
    const broken = invariantOf(thrown);
    tell(thrown, fail(thrown));
    if (broken !== undefined) onBroken(broken);
  };
  // Whoever read what we print is gone: no reason to end, nor to say so to them.
  const deaf = (): void => {};
  process.on("uncaughtException", onThrown);
  process.on("unhandledRejection", onThrown);
  for (const stream of [process.stdout, process.stderr]) stream.on("error", deaf);
  return () => {
    process.off("uncaughtException", onThrown);
    process.off("unhandledRejection", onThrown);
    for (const stream of [process.stdout, process.stderr]) stream.off("error", deaf);
  };
}
