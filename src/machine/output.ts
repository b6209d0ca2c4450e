/** This process's standard output and error. That nobody reads them any more is no reason to fall over. */
export class Output {
  /** The system's word for why standard output takes nothing any more, EPIPE where its reader has gone. */
  lost: string | undefined;
  readonly #listeners = new Set<() => void>();

  constructor() {
    process.stdout.on("error", (error) => {
      this.lost ??= "code" in error ? String(error.code) : error.message;
      for (const listener of this.#listeners) listener();
    });
    process.stderr.on("error", () => {});
  }

  /** Told when standard output is lost, its terminal's hanging up included; gives what stops the telling. */
  onLost(listener: () => void): () => void {
    this.#listeners.add(listener);
    process.on("SIGHUP", listener);
    return () => {
      this.#listeners.delete(listener);
      process.off("SIGHUP", listener);
    };
  }

  write(text: string, to: "out" | "err"): void {
    (to === "out" ? process.stdout : process.stderr).write(text);
  }

  /** Resolves once everything written is with the system, or lost. */
  async drained(): Promise<void> {
    for (const stream of [process.stdout, process.stderr])
      await new Promise<void>((resolve) => {
        stream.write("", () => resolve());
      });
  }
}
