import { closeSync, openSync } from "node:fs";

/**
 * SIGHUP asks a server to read its configuration again, and tells a program on a terminal that the terminal is gone: then it is
 * passed on as SIGTERM. Gives what stops the watch.
 */
export function onHangUp(reload: () => void): () => void {
  const onTerminal = process.stdout.isTTY || process.stdin.isTTY;
  const onSignal = (): void => {
    if (onTerminal && !hasTerminal()) process.kill(process.pid, "SIGTERM");
    else reload();
  };
  process.on("SIGHUP", onSignal);
  return () => process.off("SIGHUP", onSignal);
}

function hasTerminal(): boolean {
  try {
    closeSync(openSync("/dev/tty", "r"));
    return true;
  } catch {
    return false;
  }
}
