import cluster, { type Worker } from "node:cluster";
import { watchDealt } from "./dealt.ts";
import { type FromWorker, isFromWorker, mostWaitingBytes, type ToWorker, type WorkerReply } from "./messages.ts";
import { Questions } from "./questions.ts";

type Begin = Extract<ToWorker, { readonly kind: "begin" }>;

/** Tells this process that it is a worker. */
const workerVariable = "POLYGATE_WORKER";

/** One worker, as the crew sees it. */
export interface Member {
  readonly pid: number | undefined;
  /** Resolves to how it ended, in words. */
  readonly ended: Promise<string>;
  /** Calls under way when it was last heard of. */
  readonly calls: number;
  /** Beats in a row that it left without an answer. */
  readonly silentBeats: number;
  /** Asks for a sign of life. Whatever it says is one. */
  beat(): void;
  /** Rejects where the worker has ended, or gives no answer within `ms`. */
  ask(question: (id: number) => ToWorker, ms: number): Promise<WorkerReply>;
  /** Not waited for. False: given up, as the worker does not keep up. `bytes`: about how large it is. */
  tell(message: ToWorker, bytes?: number): boolean;
  kill(): void;
}

/** One worker, from the supervisor's side. */
export class CrewMember implements Member {
  readonly #worker: Worker;
  readonly #questions = new Questions<WorkerReply>();
  readonly startedAt = performance.now();
  readonly ended: Promise<string>;
  #waiting = 0;
  #calls = 0;
  #silentBeats = 0;

  constructor(hear: (member: CrewMember, message: FromWorker) => void) {
    const worker = cluster.fork({ [workerVariable]: "1" });
    this.#worker = worker;
    const letGo = watchDealt(worker);
    worker.on("message", (message: unknown) => {
      if (!isFromWorker(message)) return;
      this.#silentBeats = 0;
      if (message.kind === "reply") this.#questions.answer(message.id, message.reply);
      else if (message.kind === "alive") this.#calls = message.calls;
      else hear(this, message);
    });
    // A message to a worker that has just died.
    worker.on("error", () => {});
    this.ended = new Promise((resolve) => {
      worker.once("exit", (code: number | null, signal: string | null) => {
        this.#questions.abandon();
        letGo();
        resolve(signal ?? `exit code ${code}`);
      });
    });
  }

  get pid(): number | undefined {
    return this.#worker.process.pid;
  }

  get calls(): number {
    return this.#calls;
  }

  get silentBeats(): number {
    return this.#silentBeats;
  }

  begin(message: Begin): void {
    this.#worker.send(message);
  }

  beat(): void {
    this.#silentBeats++;
    this.tell({ kind: "beat" });
  }

  ask(question: (id: number) => ToWorker, ms: number): Promise<WorkerReply> {
    return this.#questions.ask((id) => this.#worker.send(question(id)), ms);
  }

  tell(message: ToWorker, bytes = 0): boolean {
    if (!this.#worker.isConnected() || this.#waiting + bytes > mostWaitingBytes) return false;
    this.#waiting += bytes;
    this.#worker.send(message, (error) => {
      this.#waiting -= bytes;
      void error;
    });
    return true;
  }

  kill(): void {
    this.#worker.process.kill("SIGKILL");
  }
}
