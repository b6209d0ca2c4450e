import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { root, run } from "./installed.ts";

/** The next line of Node that the package has to run on. */
const next = "26.10.0";

export type Found = { readonly bin: string } | { readonly skip: string };

/**
 * The folder of another Node's binary, fetched once and kept in the checkout (ignored by git). Where the registry does not answer
 * in time, or has none for this machine, that is a reason to skip; where it answers and installing fails, that is a failure.
 */
export function nextNode(): Found {
  const name = `node-${process.platform}-${process.arch}`;
  const prefix = join(root, ".toolchain", `node-${next}`);
  const bin = join(prefix, "node_modules", name, "bin");
  if (existsSync(join(bin, "node"))) return { bin };
  const got = run(
    "npm",
    ["install", "--no-save", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix", prefix, `${name}@${next}`],
    { cwd: root, timeoutMs: 60_000 },
  );
  if (existsSync(join(bin, "node"))) return { bin };
  if (got.signal !== null || /E404|ENOTFOUND|ECONNREFUSED|ECONNRESET|ETIMEDOUT|EAI_AGAIN|ENOTCACHED|ETARGET/.test(got.stderr))
    return { skip: `Node ${next} for ${process.platform} ${process.arch} cannot be had here` };
  throw new Error(`npm could not install ${name}@${next}:\n${got.stderr}`);
}

/** A Node on the PATH that is too old for the package. */
export function oldNode(): Found {
  for (const folder of (process.env["PATH"] ?? "").split(delimiter)) {
    const node = join(folder, "node");
    if (!existsSync(node)) continue;
    const [, major = "99"] = /^v(\d+)\./.exec(spawnSync(node, ["--version"], { encoding: "utf8" }).stdout) ?? [];
    if (Number(major) < 24) return { bin: folder };
  }
  return { skip: "there is no Node older than 24 on this machine" };
}
