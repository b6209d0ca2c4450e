import { dirname, join } from "node:path";
import { isObject } from "../../canonical/json.ts";
import type { Config } from "../../config/config.ts";
import { lastSeq } from "../../ledger/call-list.ts";
import { ledgerFile } from "../../ledger/open.ts";
import { openLedgerReader } from "../../ledger/reader.ts";
import { unreadable } from "../failure.ts";
import { nearAddress } from "../near.ts";
import type { Ports } from "../ports.ts";
import type { Finding } from "./finding.ts";

const mib = 1024 * 1024;
/** Below this a busy gateway's books fill the disk within days. */
const littleSpace = 1024 * mib;
const noSpace = 50 * mib;

const octal = (mode: number): string => mode.toString(8).padStart(3, "0");

/** Whether what the gateway keeps has a place that is its own. */
export function checkData({ dataDir }: Config, { files }: Pick<Ports, "files">): readonly Finding[] {
  const check = "data";
  const facts = files.stat(dataDir);
  if (facts === undefined) {
    const parent = nearestFolder(dataDir, files);
    return files.writable(parent)
      ? [{ check, state: "ok", what: `${dataDir} is made at the first start` }, ...space(parent, files)]
      : [
          {
            check,
            state: "problem",
            what: `${dataDir} is not there, and this user may not make it in ${parent}`,
            todo: "set data_dir to a folder of this user",
          },
        ];
  }
  if (facts.kind !== "directory")
    return [
      { check, state: "problem", what: `${dataDir} is no folder`, todo: "set data_dir to a folder, or move that file away" },
    ];
  if (!files.writable(dataDir))
    return [
      {
        check,
        state: "problem",
        what: `this user may not write to ${dataDir}`,
        todo: "run as the user that owns it, or set another data_dir",
      },
    ];
  const open = (facts.mode & 0o077) !== 0 && facts.own;
  const found: Finding = open
    ? {
        check,
        state: "warning",
        what: `others can look into ${dataDir} (mode ${octal(facts.mode)})`,
        todo: `chmod 700 ${dataDir}`,
      }
    : { check, state: "ok", what: dataDir };
  return [found, ...adminKey(dataDir, files), ...space(dataDir, files)];
}

function nearestFolder(path: string, files: Ports["files"]): string {
  const above = dirname(path);
  return above === path || files.stat(above) !== undefined ? above : nearestFolder(above, files);
}

function adminKey(dataDir: string, files: Ports["files"]): readonly Finding[] {
  const file = join(dataDir, "admin.key");
  const facts = files.stat(file);
  if (facts === undefined || (facts.mode & 0o077) === 0) return [];
  return [
    {
      check: "admin key",
      state: "problem",
      what: `others can read ${file} (mode ${octal(facts.mode)}), and the gateway will not start with it`,
      todo: `chmod 600 ${file}, then \`polygate admin key --reset\`, as somebody may have read it`,
    },
  ];
}

function space(path: string, files: Ports["files"]): readonly Finding[] {
  const free = files.freeBytes(path);
  if (free === undefined || free >= littleSpace) return [];
  return [
    {
      check: "disk",
      state: free < noSpace ? "problem" : "warning",
      what: `the disk of ${path} has ${Math.floor(free / mib).toLocaleString("en-US")} MB left`,
      todo: "make room, or set data_dir to another disk: without books no call is served",
    },
  ];
}

/** Whether the books can be read. */
export async function checkBooks({ dataDir }: Config): Promise<readonly Finding[]> {
  const check = "books";
  try {
    const db = openLedgerReader(dataDir);
    if (db === undefined) return [];
    const attempts = await lastSeq(db).finally(() => db.destroy());
    return [
      {
        check,
        state: "ok",
        what: `${attempts.toLocaleString("en-US")} ${attempts === 1 ? "attempt" : "attempts"} in ${ledgerFile(dataDir)}`,
      },
    ];
  } catch (thrown) {
    const todo = "stop the gateway, move that file away and keep it: a new one is begun at the next start";
    return [{ check, state: "problem", what: unreadable(thrown), todo }];
  }
}

/** Whether the address is free, or taken by a gateway of ours. */
export async function checkPort({ server }: Config, ports: Pick<Ports, "getJson" | "http">): Promise<Finding> {
  const { host, port } = server;
  const check = "port";
  if (port === 0) return { check, state: "ok", what: "any free one" };
  const url = `${nearAddress(server)}/healthz`;
  const health = await ports.getJson(url, 1000);
  if (isObject(health) && health["status"] === "ok")
    return { check, state: "ok", what: `a gateway is running at ${host}:${port}` };
  const taken = await ports
    .http({ url, method: "GET", headers: {}, signal: AbortSignal.timeout(1000) })
    .then(() => true)
    .catch((thrown: unknown) => !(thrown instanceof Error && "code" in thrown && thrown.code === "ECONNREFUSED"));
  return taken
    ? {
        check,
        state: "problem",
        what: `another program listens on ${host}:${port}`,
        todo: `choose another with --port, e.g. --port ${port === 65_535 ? 4000 : port + 1}, or server.port`,
      }
    : { check, state: "ok", what: `${host}:${port} is free` };
}

/** Whether others can read secrets that stand in the configuration's files. */
export function checkSecrets({ file, environment }: Config, { files, cwd }: Pick<Ports, "files" | "cwd">): readonly Finding[] {
  const dotenv = join(file === undefined ? cwd : dirname(file), ".env");
  const secret = environment.names().some((name) => environment.source(name) === ".env" && /KEY|SECRET|TOKEN/.test(name));
  const facts = secret ? files.stat(dotenv) : undefined;
  if (facts === undefined || (facts.mode & 0o077) === 0) return [];
  return [
    {
      check: "secrets",
      state: "warning",
      what: `others can read ${dotenv} (mode ${octal(facts.mode)})`,
      todo: `chmod 600 ${dotenv}`,
    },
  ];
}
