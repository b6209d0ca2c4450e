import cluster, { type Worker } from "node:cluster";
import { type FromWorker, isFromWorker, mostWaitingBytes, type ToWorker, type WorkerReply } from "./messages.ts";
import { Questions } from "./questions.ts";

type Begin = Extract<ToWorker, { readonly kind: "begin" }>;

/** Tells this process that it is a worker. */
const workerVariable = "POLYGATE_WORKER";

/** One worker, from the supervisor's side. */
export class CrewMember {
  readonly #worker: Worker;
  readonly #questions = new Questions<WorkerReply>();
  readonly startedAt = performance.now();
  /** Resolves to how it ended, in words. */
  readonly ended: Promise<string>;
  #waiting = 0;

  constructor(hear: (member: CrewMember, message: FromWorker) => void) {
    const worker = cluster.fork({ [workerVariable]: "1" });
    this.#worker = worker;
    worker.on("message", (message: unknown) => {
      if (!isFromWorker(message)) return;
      if (message.kind === "reply") this.#questions.answer(message.id, message.reply);
      else hear(this, message);
    });
    // A message to a worker that has just died.
    worker.on("error", () => {});
    this.ended = new Promise((resolve) => {
      worker.once("exit", (code: number | null, signal: string | null) => {
        this.#questions.abandon();
        resolve(signal ?? `exit code ${code}`);
      });
    });
  }

  get pid(): number | undefined {
    return this.#worker.process.pid;
  }

  begin(message: Begin): void {
    this.#worker.send(message);
  }

  /** Rejects where the worker has ended, or gives no answer within `ms`. */
  ask(question: (id: number) => ToWorker, ms: number): Promise<WorkerReply> {
    return this.#questions.ask((id) => this.#worker.send(question(id)), ms);
  }

  /** Not waited for, and given up where the worker does not keep up. `bytes`: about how large it is. */
  tell(message: ToWorker, bytes = 0): void {
    if (!this.#worker.isConnected() || this.#waiting + bytes > mostWaitingBytes) return;
    this.#waiting += bytes;
    this.#worker.send(message, (error) => {
      this.#waiting -= bytes;
      void error;
    });
  }

  kill(): void {
    this.#worker.process.kill("SIGKILL");
  }
}
