import { existsSync, readFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { specsFolder } from "../../src/framing/testing/streams.ts";
import { statusesOf } from "../e2e/edge/wire.ts";

/** A file of the suites, or undefined where the specifications are not here; CI must have them. */
export function suiteFile(path: string): Buffer | undefined {
  const folder = suiteFolder(path);
  return folder === undefined ? undefined : readFileSync(folder);
}

export function suiteFolder(path: string): string | undefined {
  const root = specsFolder();
  const whole = root === undefined ? undefined : join(root, "suites", path);
  if (process.env["CI"] === "true" && (whole === undefined || !existsSync(whole))) throw new Error(`no suite at ${path}`);
  return whole !== undefined && existsSync(whole) ? whole : undefined;
}

export interface Outcome {
  readonly statuses: readonly number[];
  readonly text: string;
  readonly closed: boolean;
}

/** How long a connection that says nothing more is listened to. */
const quietMs = 150;

/** Sends bytes as they are and gives what came back until the connection closed or fell silent. */
export function send(port: number, bytes: Buffer | string, { patienceMs = quietMs } = {}): Promise<Outcome> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    let text = "";
    let closed = false;
    const settle = (): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve({ statuses: statusesOf(text), text, closed });
    };
    let timer = setTimeout(settle, patienceMs * 2);
    socket.setEncoding("latin1");
    socket.on("data", (piece: string) => {
      text += piece;
      clearTimeout(timer);
      timer = setTimeout(settle, patienceMs);
    });
    socket.on("error", () => {});
    socket.on("close", () => {
      closed = true;
      settle();
    });
    socket.on("end", () => {
      closed = true;
    });
    socket.write(bytes);
  });
}

/** Runs them a few at a time, in their order. */
export async function eachOf<T>(items: readonly T[], run: (item: T) => Promise<void>, atOnce = 12): Promise<void> {
  const left = items[Symbol.iterator]();
  const worker = async (): Promise<void> => {
    for (let next = left.next(); next.done !== true; next = left.next()) await run(next.value);
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
}
