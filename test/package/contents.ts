import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { type Installed, must, pack, readManifest, root, run } from "./installed.ts";

/** What may be in the package, and nothing else may. */
const belongs = /^(?:LICENSE|README\.md|package\.json|bin\/[a-z]+\.js|dist\/.+\.(?:js|json|d\.ts))$/;
/** What a build must not leave in it. */
const strays = /\.test\.|\/testing\/|\.map$|\.tsbuildinfo$|\.env/;
/** What would tell of the machine that built it, or break on another. */
const machine = /\/(?:home|root|Users|tmp|work)\/[a-z]|sourceMappingURL/;

/** The package holds what it runs on, and nothing else. */
export function contents({ files, size, unpackedSize, integrity, project, install }: Installed): void {
  const paths = files.map(({ path }) => path);
  const home = join(project, "node_modules/polygate");

  test("the package holds its program, its types, README and LICENSE, and nothing else", (t) => {
    assert.deepEqual(
      paths.filter((path) => !belongs.test(path) || strays.test(path)),
      [],
    );
    for (const path of ["bin/polygate.js", "dist/main.js", "dist/index.js", "dist/index.d.ts", "LICENSE", "README.md"])
      assert.ok(paths.includes(path), path);
    assert.ok(paths.filter((path) => path.endsWith(".d.ts")).length < 80, "declarations of the inside are nobody's business");
    t.diagnostic(
      `package: ${Math.round(size / 1024)} KB packed, ${Math.round(unpackedSize / 1024)} KB unpacked, ${files.length} files`,
    );
    assert.ok(size < 2 * 1024 ** 2, `${size} bytes`);
  });

  test("the rules for the package's contents can fail", () => {
    for (const path of [
      "src/main.ts",
      "dist/x.test.js",
      "dist/ledger/testing/x.js",
      "dist/x.js.map",
      ".env",
      "dist/.env.json",
      "dist/x.ts",
    ])
      assert.ok(!belongs.test(path) || strays.test(path), path);
    assert.match("//# sourceMappingURL=x.js.map", machine);
    assert.match('"/home/someone/polygate"', machine);
  });

  test("#44 who builds it again has the same tarball, byte for byte", (t) => {
    const again = mkdtempSync(join(tmpdir(), "polygate-again-"));
    try {
      assert.equal(pack(again).integrity, integrity);
    } finally {
      rmSync(again, { recursive: true, force: true });
    }
    t.diagnostic(`#44 two builds, one hash: ${integrity.slice(0, 23)}…`);
  });

  test("nothing in it names a place of the machine that built it", () => {
    const told = paths.filter((path) => path.startsWith("dist/") && machine.test(readFileSync(join(home, path), "utf8")));
    assert.deepEqual(told, []);
  });

  test("every built module is one of the sources of this checkout", () => {
    const made = paths.filter((path) => /^dist\/.*\.js$/.test(path));
    for (const path of made) readFileSync(join(root, path.replace(/^dist/, "src").replace(/\.js$/, ".ts")));
    assert.ok(made.length > 200);
  });

  test("it installed offline, with install scripts blocked, and has no script of its own that installs anything", () => {
    assert.equal(install.status, 0);
    const scripts = readManifest(home)["scripts"];
    assert.ok(typeof scripts === "object" && scripts !== null);
    for (const hook of ["preinstall", "install", "postinstall", "prepare"]) assert.ok(!(hook in scripts), hook);
  });

  test("ESM imports it, CommonJS requires it, and neither gets at its inside", () => {
    const names = ["CallError", "ConfigError", "GatewayError", "StorageError", "createGateway"];
    const script = (source: string) => must(run(process.execPath, ["-e", source], { cwd: project })).stdout;
    assert.deepEqual(JSON.parse(script('import("polygate").then((m) => console.log(JSON.stringify(Object.keys(m))))')), names);
    assert.deepEqual(JSON.parse(script('console.log(JSON.stringify(Object.keys(require("polygate"))))')), names);
    assert.equal(script('console.log(require("polygate/package.json").name)').trim(), "polygate");
    const inside = run(process.execPath, ["-e", 'import("polygate/dist/compose.js")'], { cwd: project });
    assert.match(inside.stderr, /ERR_PACKAGE_PATH_NOT_EXPORTED/);
  });

  test("the manifest's entries lead to files", () => {
    const { exports, types, bin, engines } = readManifest(home);
    assert.deepEqual(exports, {
      ".": { types: "./dist/index.d.ts", default: "./dist/index.js" },
      "./package.json": "./package.json",
    });
    assert.equal(types, "./dist/index.d.ts");
    assert.deepEqual(bin, { polygate: "bin/polygate.js" });
    assert.deepEqual(engines, { node: ">=24.15" });
    assert.ok(((files.find(({ path }) => path === "bin/polygate.js")?.mode ?? 0) & 0o111) !== 0, "the launcher can be run");
  });
}
