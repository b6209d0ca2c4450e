import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync, readlinkSync } from "node:fs";

/*
 * What a process and all it started has used, read from Linux's /proc. Threads count with their process; a child that has ended counts
 * through its parent.
 */

interface Stat {
  readonly pid: number;
  readonly parent: number;
  /** Clock ticks, user and system, of the process and of its children that have ended. */
  readonly ticks: number;
  readonly rssPages: number;
}

const tickMicros = 1e6 / Number(execFileSync("getconf", ["CLK_TCK"], { encoding: "utf8" }));
const pageBytes = Number(execFileSync("getconf", ["PAGESIZE"], { encoding: "utf8" }));

function numbersIn(folder: string): number[] {
  return readdirSync(folder).map(Number).filter(Number.isInteger);
}

function readStat(pid: number): Stat | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "latin1");
    // The name, in parentheses, may itself hold spaces and parentheses. Field numbers: proc_pid_stat(5), less three.
    const field = text
      .slice(text.lastIndexOf(")") + 2)
      .split(" ")
      .map(Number);
    const at = (index: number): number => field[index] ?? 0;
    return { pid, parent: at(1), ticks: at(11) + at(12) + at(13) + at(14), rssPages: at(21) };
  } catch {
    return undefined;
  }
}

function tree(root: number): readonly Stat[] {
  const all = numbersIn("/proc").flatMap((pid) => readStat(pid) ?? []);
  const found = all.filter(({ pid }) => pid === root);
  for (let i = 0; i < found.length; i++) found.push(...all.filter(({ parent }) => parent === found[i]?.pid));
  return found;
}

/** Microseconds of CPU time used by the tree so far. The kernel counts in ticks, mostly of 10 ms. */
export function cpuMicros(root: number): number {
  return tree(root).reduce((sum, { ticks }) => sum + ticks, 0) * tickMicros;
}

/** Resident memory of the tree in MB (10^6 bytes). */
export function rssMb(root: number): number {
  return (tree(root).reduce((sum, { rssPages }) => sum + rssPages, 0) * pageBytes) / 1e6;
}

/** The process that listens on a local TCP port, if it is ours to see. */
export function listenerOf(port: number): number | undefined {
  const hex = port.toString(16).toUpperCase().padStart(4, "0");
  const rows = ["/proc/net/tcp", "/proc/net/tcp6"].flatMap((file) => readFileSync(file, "latin1").split("\n"));
  const inodes = rows.flatMap((row) => {
    const field = row.trim().split(/\s+/);
    return field[1]?.endsWith(`:${hex}`) && field[3] === "0A" ? [`socket:[${field[9]}]`] : [];
  });
  return numbersIn("/proc").find((pid) => {
    try {
      return readdirSync(`/proc/${pid}/fd`).some((fd) => inodes.includes(linkOf(`/proc/${pid}/fd/${fd}`)));
    } catch {
      return false;
    }
  });
}

function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return "";
  }
}
