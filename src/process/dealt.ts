import type { Worker } from "node:cluster";

interface Closable {
  close(): void;
}

const isClosable = (given: unknown): given is Closable =>
  typeof given === "object" && given !== null && "close" in given && typeof given.close === "function";

/**
 * Keeps an eye on the connection that a worker was dealt and has not confirmed, one at a time: Node forgets it where the worker ends
 * first, and its caller would wait for ever. Gives what closes it.
 */
export function watchDealt({ process }: Pick<Worker, "process">): () => void {
  let dealt: Closable | undefined;
  const { send } = process;
  Object.assign(process, {
    send: (...given: readonly unknown[]): unknown => {
      if (isClosable(given[1])) dealt = given[1];
      return Reflect.apply(send, process, given);
    },
  });
  process.on("internalMessage", (message: unknown) => {
    if (typeof message === "object" && message !== null && "ack" in message) dealt = undefined;
  });
  return () => {
    dealt?.close();
    dealt = undefined;
  };
}
