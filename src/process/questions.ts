/** Questions to the other end of a channel, and who waits for their answers. */
export class Questions<Reply> {
  readonly #waiting = new Map<number, { readonly resolve: (reply: Reply) => void; readonly reject: (reason: Error) => void }>();
  #last = 0;

  /** `send` is given the id that the answer must bear. Rejects after `ms`, and when the other end is gone. */
  ask(send: (id: number) => void, ms: number): Promise<Reply> {
    const id = ++this.#last;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => this.#settle(id)?.reject(new Error("no answer in time")), ms);
      this.#waiting.set(id, {
        resolve: (reply) => {
          clearTimeout(timer);
          resolve(reply);
        },
        reject: (reason) => {
          clearTimeout(timer);
          reject(reason);
        },
      });
      send(id);
    });
  }

  answer(id: number, reply: Reply): void {
    this.#settle(id)?.resolve(reply);
  }

  /** The other end is gone. */
  abandon(): void {
    for (const id of [...this.#waiting.keys()]) this.#settle(id)?.reject(new Error("the process that was asked has ended"));
  }

  #settle(id: number) {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    return waiting;
  }
}
