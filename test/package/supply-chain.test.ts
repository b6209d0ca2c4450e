import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { root } from "./installed.ts";

/* #44 and S20: what the package brings along, pinned. A new dependency, install script or licence wants somebody's look at this file. */

interface Locked {
  readonly version?: string;
  readonly resolved?: string;
  readonly integrity?: string;
  readonly dev?: boolean;
  readonly devOptional?: boolean;
  readonly link?: boolean;
  readonly optional?: boolean;
  readonly hasInstallScript?: boolean;
  readonly license?: string;
}

interface Lock {
  readonly packages: { readonly [path: string]: Locked };
}

const lock: Lock = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8"));
const manifest: {
  readonly dependencies: { readonly [name: string]: string };
  readonly devDependencies: { readonly [name: string]: string };
  readonly allowScripts: { readonly [name: string]: boolean };
} = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));

/** The runtime dependencies, each with why it is there. No other may be. */
const reasons: { readonly [name: string]: string } = {
  "@cfworker/json-schema": "checks answers against their schemas without making code of them",
  "@opentelemetry/api": "traces",
  "@opentelemetry/exporter-trace-otlp-http": "traces",
  "@opentelemetry/resources": "traces",
  "@opentelemetry/sdk-trace": "traces",
  "@opentelemetry/semantic-conventions": "traces",
  ajv: "the simulator checks requests against the official specifications",
  commander: "the command line",
  "eventsource-parser": "server-sent events",
  jsonrepair: "mends JSON that a model broke",
  kysely: "queries of the ledger",
  pino: "logs",
  "prom-client": "metrics",
  undici: "HTTP to providers",
  yaml: "polygate.yaml",
  zod: "checks polygate.yaml",
};

/**
 * Packages of the checkout that want to run something when they are installed, and whether they may: npm is told of each. `node`
 * fetches the Node that older machines run the project on; protobufjs only prints a warning.
 */
const installScripts: { readonly [name: string]: boolean } = { node: true, protobufjs: false };

const permissive = /^(?:MIT|ISC|0BSD|Apache-2\.0|BSD-2-Clause|BSD-3-Clause|BlueOak-1\.0\.0|Unlicense|CC0-1\.0)$/;

type Fault = (path: string, locked: Locked) => string | undefined;

const shipped = ({ dev, devOptional }: Locked): boolean => dev !== true && devOptional !== true;
const nameOf = (path: string): string => path.slice(path.lastIndexOf("node_modules/") + "node_modules/".length);

/** What a locked package may not be. */
const faults: { readonly [rule: string]: Fault } = {
  "comes from the registry and no git, URL or folder": (_, { version, resolved, link }) =>
    link === true ||
    (resolved !== undefined && !/^https:\/\/[^/]+\/.+\.tgz$/.test(resolved)) ||
    !/^\d+\.\d+\.\d+/.test(version ?? "")
      ? `${resolved ?? version}`
      : undefined,
  // npm writes no hash of a development tool's binary for another platform than the lock was made on.
  "is pinned by its hash": (_, { integrity, dev, optional }) =>
    /^sha512-/.test(integrity ?? "") || (integrity === undefined && dev === true && optional === true)
      ? undefined
      : `${integrity}`,
  "has no install script that is not listed": (path, { hasInstallScript }) =>
    hasInstallScript === true && !Object.hasOwn(installScripts, nameOf(path)) ? "an install script" : undefined,
  "has no install script where it is shipped": (_, locked) =>
    locked.hasInstallScript === true && shipped(locked) ? "an install script" : undefined,
  "has a permissive licence where it is shipped": (_, locked) =>
    shipped(locked) && !permissive.test(locked.license ?? "") ? (locked.license ?? "none") : undefined,
};

const locked = Object.entries(lock.packages).filter(([path]) => path !== "");

/** A package that breaks each rule: a rule that cannot fail is none. */
const planted: { readonly [rule: string]: readonly Locked[] } = {
  "comes from the registry and no git, URL or folder": [
    { version: "1.0.0", resolved: "git+ssh://git@github.com/a/b.git#c0ffee" },
    { version: "file:../x" },
    { link: true, version: "1.0.0" },
    { version: "1.0.0", resolved: "http://plain.example/x.tgz" },
  ],
  "is pinned by its hash": [{}, { integrity: "sha1-abc" }],
  "has no install script that is not listed": [{ hasInstallScript: true, dev: true }],
  "has no install script where it is shipped": [{ hasInstallScript: true }],
  "has a permissive licence where it is shipped": [{}, { license: "GPL-3.0" }, { license: "MIT OR GPL-3.0" }],
};

for (const [rule, fault] of Object.entries(faults)) {
  test(`S20 every package ${rule}`, () => {
    assert.deepEqual(
      locked.flatMap(([path, one]) => {
        const found = fault(path, one);
        return found === undefined ? [] : [`${nameOf(path)}: ${found}`];
      }),
      [],
    );
  });
  test(`S20 … ${rule}: the rule can fail`, () => {
    const bad = planted[rule] ?? [];
    assert.ok(bad.length > 0);
    for (const one of bad) assert.ok(fault("node_modules/planted", one) !== undefined, JSON.stringify(one));
  });
}

test("#44 the runtime dependencies are those that were looked at, each pinned, 25 at most", (t) => {
  assert.deepEqual(Object.keys(manifest.dependencies).sort(), Object.keys(reasons).sort());
  const loose = Object.entries({ ...manifest.dependencies, ...manifest.devDependencies }).filter(
    ([, wanted]) => !/^\d+\.\d+\.\d+$/.test(wanted),
  );
  assert.deepEqual(loose, []);
  const all = locked.filter(([, one]) => shipped(one));
  t.diagnostic(
    `#44 ${Object.keys(manifest.dependencies).length} direct runtime dependencies, ${all.length} in all, no install script among them`,
  );
  assert.ok(Object.keys(manifest.dependencies).length <= 25);
  assert.ok(all.length >= Object.keys(manifest.dependencies).length && all.length < 100);
});

test("#44 install scripts are allowed by name, and no more than are there", () => {
  const wanting = locked.filter(([, { hasInstallScript }]) => hasInstallScript === true).map(([path]) => nameOf(path));
  assert.deepEqual([...new Set(wanting)].sort(), Object.keys(installScripts).sort());
  assert.deepEqual(manifest.allowScripts, installScripts);
});
