import type { ServerResponse } from "node:http";

/**
 * To be called after `response.end()`: a caller who takes nothing of what is left for `idleMs` is cut off; one who takes it slowly
 * is not. Node keeps that time itself: it alone sees the bytes of a single write go.
 */
export function watchEnd(response: ServerResponse, idleMs: number): void {
  const { socket } = response;
  if (socket === null || socket.writableLength === 0) return;
  socket.setTimeout(idleMs);
  // Before Node's own listener, which sets the keep-alive time.
  response.prependOnceListener("finish", () => socket.setTimeout(0));
}
