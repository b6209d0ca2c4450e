import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { type Job, Message, type Outcome } from "./protocol.ts";

/** The load generator's process, seen from the benchmark. One job at a time. */
export class LoadGenerator {
  readonly #child: ChildProcess;

  constructor() {
    this.#child = fork(fileURLToPath(new URL("./main.ts", import.meta.url)), { stdio: "inherit" });
  }

  /** Carries the job out; `progress` hears the number of finished requests every 250 ms. Rejects if the process dies. */
  run(job: Job, progress: (done: number) => void = () => {}): Promise<Outcome> {
    const child = this.#child;
    return new Promise((resolve, reject) => {
      const died = (): void => reject(new Error("the load generator died"));
      const hear = (text: unknown): void => {
        const message = Message.parse(text);
        if (message.kind === "progress") {
          progress(message.done);
          return;
        }
        child.off("message", hear);
        child.off("exit", died);
        resolve(message);
      };
      child.on("message", hear);
      child.once("exit", died);
      child.send(job);
    });
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    this.#child.kill("SIGKILL");
    await once(this.#child, "exit");
  }
}
