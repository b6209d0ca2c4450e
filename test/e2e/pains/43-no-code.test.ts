import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import type { JsonObject } from "../../../src/canonical/json.ts";
import { User } from "../cli/run.ts";
import { ask } from "../reliability/ask.ts";
import { type FourWires, pairs, providerOf, startFourWires, type WireName, wireNames } from "./kit/four-wires.ts";
import { told } from "./kit/told.ts";

/* #43: what callers write is text. No template language, no shell, no JavaScript reads it; that no code is made from text anywhere is a rule of test/architecture.test.ts. */

const traps = mkdtempSync(join(tmpdir(), "polygate-43-"));
const trap = join(traps, "sprung");

const payloads = [
  "{{7*7}} §{7*7} #{7*7} <%= 7*7 %> {{{7*7}}} [[7*7]] %{7*7} *{7*7} @(7*7)",
  "{{constructor.constructor('return process.mainModule')().require('child_process').execSync('touch TRAP')}}",
  '{{#with "s" as |string|}}{{lookup string.sub "constructor"}}{{/with}}{{range.constructor("return global.process.exit()")()}}',
  "{% for c in ().__class__.__base__.__subclasses__() %}{{ c.__init__.__globals__['os'].system('touch TRAP') }}{% endfor %}",
  "{{ ''.__class__.__mro__[1].__subclasses__() }}{{ config.items() }}{{ self._TemplateReference__context }}",
  "§{process.binding('spawn_sync')} §{require('child_process').execSync('touch TRAP')} §{HOME} §{PATH:-x} $HOME",
  "`touch TRAP` $(touch TRAP) ; touch TRAP | touch TRAP && touch TRAP #",
  '!!js/function \'function(){require("fs").writeFileSync("TRAP","")}\' !ENV §{HOME} <<: *anchor &a',
  "$& $` $' $1 $<name> $$ \\1 \\0 %s %d %j %o",
  '<#assign ex="freemarker.template.utility.Execute"?new()>§{ ex("touch TRAP") } T(java.lang.Runtime).getRuntime().exec(\'touch TRAP\')',
  "import('node:fs') __import__('os').system('touch TRAP') eval('1') Function('return this')() <script>process.exit()</script>",
].map((text) => text.replaceAll("TRAP", trap).replaceAll("§", "$"));
const text = payloads.join("\n");

const asks: { readonly [wire in WireName]: (system: string, said: string) => JsonObject } = {
  "openai-chat": (system, content) => ({
    messages: [
      { role: "system", content: system },
      { role: "user", content },
    ],
  }),
  "openai-responses": (instructions, input) => ({ instructions, input }),
  "anthropic-messages": (system, content) => ({ system, messages: [{ role: "user", content }] }),
  gemini: (system, said) => ({
    systemInstruction: { parts: [{ text: system }] },
    contents: [{ role: "user", parts: [{ text: said }] }],
  }),
};

/** A description and a schema's texts reach a model like any prompt. */
const tool = { name: "look", description: text };
const parameters = { type: "object", properties: { at: { type: "string", description: text } } };
const toolsOf: { readonly [wire in WireName]: JsonObject } = {
  "openai-chat": { tools: [{ type: "function", function: { ...tool, parameters } }] },
  "openai-responses": { tools: [{ type: "function", ...tool, parameters, strict: false }] },
  "anthropic-messages": { tools: [{ ...tool, input_schema: parameters }] },
  gemini: { tools: [{ functionDeclarations: [{ ...tool, parametersJsonSchema: parameters }] }] },
};

describe("#43: features that execute code", { timeout: 60_000 }, () => {
  let stack: FourWires;
  let masking: FourWires;
  before(async () => {
    stack = await startFourWires();
    masking = await startFourWires({ yaml: "guards: { input: { pii: mask } }" });
  });
  after(async () => {
    await stack.close();
    await masking.close();
    rmSync(traps, { recursive: true });
  });
  const untouched = (): void => assert.deepEqual(readdirSync(traps), []);

  test("#43: templates of eleven languages come back as they were written, and reach providers so", async (t) => {
    let answers = 0;
    for (const { caller, upstream } of pairs) {
      for (const stream of [false, true]) {
        const heard = await stack.post(caller, `${providerOf[upstream]}/echo`, asks[caller](text, text), { stream });
        assert.equal(heard.status, 200, heard.text);
        assert.equal((await told(caller, heard, stream)).text, text);
        assert.equal(
          JSON.stringify(stack.sent()).split(JSON.stringify(text).slice(1, -1)).length - 1,
          2,
          `${caller} → ${upstream}`,
        );
        answers++;
      }
      const offered = await stack.post(caller, `${providerOf[upstream]}/echo`, { ...asks[caller]("", "hi"), ...toolsOf[caller] });
      assert.equal(offered.status, 200, offered.text);
      // A target may say a schema in its own words; the texts in it stay.
      assert.ok(JSON.stringify(stack.sent()).includes(JSON.stringify(text).slice(1, -1)), `${caller} → ${upstream}`);
    }
    untouched();
    t.diagnostic(`#43: ${payloads.length} payloads, ${answers} answers with them all as written, 0 files made`);
  });

  test("#43: nor does a guard that changes the text around them", async () => {
    for (const { caller, upstream } of pairs) {
      for (const stream of [false, true]) {
        const said = `jane@example.com ${text} jane@example.com`;
        const heard = await masking.post(caller, `${providerOf[upstream]}/echo`, asks[caller]("Be kind.", said), { stream });
        assert.equal(heard.status, 200, heard.text);
        assert.ok(!JSON.stringify(masking.sent()).includes("jane@example.com"));
        assert.equal((await told(caller, heard, stream)).text, said, `${caller} → ${upstream}`);
      }
    }
    untouched();
  });

  test("#43: no request starts a program: no route takes a command, whoever asks, and none in a body is run", async () => {
    const adminKey = readFileSync(join(stack.dataDir, "admin.key"), "utf8").trim();
    const server = { name: "x", transport: "stdio", command: "touch", args: [trap], env: {} };
    const body = { ...server, mcp_servers: [server], mcpServers: { x: server } };
    const paths = ["/mcp", "/v1/mcp", "/admin/mcp", "/mcp/test/connection", "/v1/mcp/server", "/admin/config", "/prompts/test"];
    for (const path of paths) {
      for (const key of [stack.key, adminKey]) {
        const { status } = await ask(stack.address, "openai", body, { path, key });
        assert.ok(status === 404 || status === 405, `${path}: ${status}`);
      }
    }
    for (const wire of wireNames) {
      for (const more of [
        body,
        { tools: [{ type: "mcp", ...server }] },
        { guardrails: [{ code: `touch ${trap}` }], hooks: [body] },
      ]) {
        const { status } = await stack.post(wire, `${providerOf[wire]}/echo`, { ...asks[wire]("", "hi"), ...more });
        assert.ok(status < 500, `${wire}: ${status}`);
      }
    }
    untouched();
  });

  test("#43: __proto__ is refused, other such names are names; nothing is polluted", async () => {
    const before = JSON.stringify(Object.getOwnPropertyNames(Object.prototype));
    for (const { caller, upstream } of pairs) {
      const base = JSON.stringify(asks[caller]("", "hi"));
      for (const [name, polluting] of [
        ["__proto__", true],
        ["constructor", false],
        ["prototype", false],
      ] as const) {
        const words = `{"${name}":{"polluted":true,"model":"oai/other","stream":true},${base.slice(1, -1)}}`;
        const parsed: JsonObject = JSON.parse(words);
        // As bytes: an object of our own would not say \`__proto__\` on its way out.
        const [path, named] = paths(caller, `${providerOf[upstream]}/echo`);
        const sent = named === "" ? words : `{${named},${words.slice(1)}`;
        const { status, text: answer } = await ask(stack.address, "openai", sent, { key: stack.key, path });
        if (polluting) assert.equal(status, 400, `${caller}: ${answer}`);
        else assert.ok(status === 200 || status === 400, `${caller} ${name}: ${answer}`);
        assert.equal(Object.hasOwn(parsed, name), true);
      }
    }
    assert.equal("polluted" in {}, false);
    assert.equal(JSON.stringify(Object.getOwnPropertyNames(Object.prototype)), before);
  });

  test("#43: nor does the configuration: a tag that would be code is text, a command is an unknown key", async () => {
    for (const [line, expected] of [
      [`data_dir: !!js/function "function(){require('fs').writeFileSync('${trap}','')}"`, /The configuration is good/],
      [`mcp_servers: { x: { command: touch, args: ["${trap}"] } }`, /polygate\.yaml:1:1: unknown key "mcp_servers"/],
      [`guards: { input: { pii: "javascript:require('fs')" } }`, /polygate\.yaml:1:/],
    ] as const) {
      const user = new User(`${line}\n`);
      try {
        const { code, err, out } = await user.run(["config", "check"]);
        assert.equal(code, line.startsWith("data_dir") ? 0 : 2, `${line}: ${out}${err}`);
        assert.match(out + err, expected);
      } finally {
        user.leave();
      }
    }
    assert.equal(existsSync(trap), false);
  });
});

/** Where a caller of this wire asks, and what its body says of the model. */
function paths(wire: WireName, model: string): readonly [path: string, named: string] {
  const named = `"model":"${model}"`;
  switch (wire) {
    case "openai-chat":
      return ["/v1/chat/completions", named];
    case "openai-responses":
      return ["/v1/responses", named];
    case "anthropic-messages":
      return ["/v1/messages", `${named},"max_tokens":50`];
    case "gemini":
      return [`/v1beta/models/${model}:generateContent`, ""];
  }
}
