import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { parseSync, Visitor } from "oxc-parser";

/** What a module may take from these without being able to connect anywhere. */
const harmless: ReadonlyMap<string, RegExp> = new Map([
  ["node:net", /^(?:isIP|isIPv4|isIPv6|BlockList|createServer|Server)$/],
  ["node:http", /^(?:createServer|Server|ServerResponse|IncomingMessage|STATUS_CODES|METHODS)$/],
  ["node:https", /^$/],
  ["node:http2", /^$/],
  ["node:tls", /^$/],
  ["node:dgram", /^$/],
  ["node:dns", /^$/],
  ["node:dns/promises", /^$/],
  ["undici", /^$/],
]);
const globals = new Set(["fetch", "WebSocket", "EventSource", "XMLHttpRequest"]);

/** The guard itself; the command line asking a gateway; the simulator, which tests gateways. Traces go by a package, to the operator's address. */
const mayConnect = /^src\/(?:transport\/|machine\/http\.ts$|simulator\/faults\/raw-client\.ts$)/;

function waysOut(path: string, source: string): readonly string[] {
  const { module, program } = parseSync(path, source);
  const found: string[] = [];
  for (const { moduleRequest, entries } of module.staticImports) {
    const plain =
      moduleRequest.value.startsWith("node:") || moduleRequest.value === "undici"
        ? moduleRequest.value
        : `node:${moduleRequest.value}`;
    const free = harmless.get(plain);
    if (free === undefined) continue;
    for (const { isType, importName } of entries) {
      if (!isType && !free.test(importName.name ?? "*"))
        found.push(`${path}: ${importName.name ?? "*"} of ${moduleRequest.value}`);
    }
  }
  new Visitor({
    ImportExpression: ({ source: from }) => {
      if (from.type === "Literal" && harmless.has(String(from.value))) found.push(`${path}: import(${String(from.value)})`);
    },
    CallExpression: ({ callee }) => {
      if (callee.type === "Identifier" && globals.has(callee.name)) found.push(`${path}: ${callee.name}()`);
      if (callee.type === "MemberExpression" && callee.object.type === "Identifier" && callee.object.name === "globalThis") {
        if (callee.property.type === "Identifier" && globals.has(callee.property.name))
          found.push(`${path}: ${callee.property.name}()`);
      }
    },
    NewExpression: ({ callee }) => {
      if (callee.type === "Identifier" && globals.has(callee.name)) found.push(`${path}: new ${callee.name}`);
    },
  }).visit(program);
  return found;
}

const root = join(import.meta.dirname, "../../..");

describe("the one way out", () => {
  it("is the transport's: no other module can connect anywhere", (context) => {
    const files = globSync("src/**/*.ts", { cwd: root }).filter(
      (path) => !path.endsWith(".test.ts") && !path.includes("/testing/"),
    );
    const found = files
      .filter((path) => !mayConnect.test(path))
      .flatMap((path) => waysOut(path, readFileSync(join(root, path), "utf8")));
    assert.deepEqual(found, []);
    assert.ok(files.length > 200);
    context.diagnostic(`${files.length} modules, none connects but by the guard`);
  });

  it("is not found shut where it stands open", () => {
    const planted = [
      'import { connect } from "node:net";',
      'import * as net from "node:net";',
      'import { request } from "http";',
      'import { get } from "node:https";',
      'import undici from "undici";',
      'const dns = await import("node:dns");',
      "await fetch(url);",
      "await globalThis.fetch(url);",
      "new WebSocket(url);",
    ];
    assert.deepEqual(
      planted.filter((source) => waysOut("x.ts", source).length === 0),
      [],
    );
    assert.deepEqual(
      waysOut("x.ts", 'import { isIP, type Socket } from "node:net"; import { createServer } from "node:http";'),
      [],
    );
  });
});
