import assert from "node:assert/strict";
import { test } from "node:test";
import { runCli } from "./program.ts";
import { Session } from "./testing/session.ts";

/** Starts, waits for the curl line, stops. */
async function startAndStop(session: Session, ...argv: string[]): Promise<number> {
  const ready = session.until(/Try it/);
  const code = runCli(argv, session);
  await ready;
  session.stop();
  return code;
}

test("with nothing found the simulator answers, and it is said so", async () => {
  const session = new Session();
  assert.equal(await startAndStop(session), 0);
  assert.match(session.text, /a simulator answers as the provider `sim`/);
  assert.match(session.text, /set OPENAI_API_KEY or GROQ_API_KEY/);
  assert.match(session.text, /address +http:\/\/127\.0\.0\.1:4000/);
  assert.match(session.text, /access +open to every program on this machine/);
  assert.match(session.text, /data +\/home\/op\/\.local\/share\/polygate/);
  assert.match(session.text, /curl http:\/\/127\.0\.0\.1:4000\/v1\/chat\/completions .*"model":"sim\/echo"/);
  assert.match(session.configs.at(-1)?.providers[0]?.baseUrl ?? "", /^http:\/\/127\.0\.0\.1:\d+\/v1$/);
  assert.deepEqual(session.drained, [30_000]);
});

test("what callers and providers sent cannot steer the terminal by way of a stack", async () => {
  const session = new Session();
  await startAndStop(session);
  session.trouble("Call c failed: SyntaxError: \u001b[2J\u009b31m\u202e\n\tat f");
  assert.equal(session.errors.at(-1), "polygate: Call c failed: SyntaxError: ?[2J?31m?\n\tat f");
});

test("what runs on this machine is found, unless a configuration says all there is", async () => {
  const found = new Session({ running: { ollama: true } });
  await startAndStop(found, "start");
  assert.match(found.text, /ollama +http:\/\/127\.0\.0\.1:11434\/v1 +none needed \(found running\)/);
  assert.match(found.text, /"model":"ollama\/echo"/);
  for (const [world, argv] of [
    [{ yaml: "providers: { openai: {} }" }, ["start"]],
    [
      { providers: [{ name: "openai", baseUrl: "https://h/v1", credentialFrom: "OPENAI_API_KEY (environment)" }] },
      ["start", "--no-discover"],
    ],
  ] as const) {
    const session = new Session({ ...world, running: { ollama: true } });
    await startAndStop(session, ...argv);
    assert.doesNotMatch(session.text, /ollama/);
  }
});

test("listening on all addresses: what to try is an address that answers, and who is shut out is told", async () => {
  const yaml = (more: string) => `server: { host: 0.0.0.0${more} }\nkeys: [{ id: dev, secret: hunter2-hunter2-hunter2 }]`;
  const shut = new Session({ yaml: yaml(""), address: "http://0.0.0.0:4321" });
  await startAndStop(shut);
  assert.match(shut.text, /curl http:\/\/127\.0\.0\.1:4321\/v1\/chat/);
  const warned =
    /answers to the name localhost alone: callers on other machines get 421; name what they call it by, e\.g\. server: \{ hosts:/;
  assert.match(shut.errors.join("\n"), warned);
  const named = new Session({ yaml: yaml(", hosts: [gateway.lan]") });
  await startAndStop(named);
  assert.doesNotMatch(named.errors.join("\n"), /421/);
  for (const [world, expected] of [
    [yaml(""), true],
    [yaml(", hosts: [gateway.lan]"), false],
  ] as const) {
    const checked = new Session({ yaml: world });
    assert.equal(await runCli(["config", "check"], checked), 0);
    assert.equal(warned.test(checked.errors.join("\n")), expected);
    const doctor = new Session({ yaml: world });
    await runCli(["doctor", "--json"], doctor);
    const { findings } = JSON.parse(doctor.text);
    assert.equal(
      findings.some(({ check, state }: { check: string; state: string }) => check === "callers" && state === "warning"),
      expected,
    );
  }
});

test("what is sought in the configuration in vain is said, with the nearest key", async () => {
  const session = new Session();
  assert.equal(await runCli(["config", "show", "--format", "table", "timeoutz"], session), 1);
  assert.equal(session.errors.join(), 'No key of the configuration has "timeoutz" in its name; did you mean "timeouts"?');
});

test("doctor says of a file that is not there what can be done about that", async () => {
  const session = new Session();
  assert.equal(await runCli(["doctor", "--json", "--config", "nope.yaml"], session), 1);
  const { findings } = JSON.parse(session.text);
  assert.match(findings[1].what, /no such file/);
  assert.match(findings[1].todo, /^write or name it otherwise/);
});

test("an address of no gateway is a misuse", async () => {
  const session = new Session();
  assert.equal(await runCli(["ask", "--url", "ftp://x", "hello"], session), 2);
});

test("keys are named, secrets never", async () => {
  const yaml = 'keys: [{ id: dev, secret: hunter2-hunter2-hunter2 }]\nproviders: { openai: { api_key: "${K}" } }';
  const session = new Session({ yaml, env: { K: "sk-hunter2" } });
  await startAndStop(session);
  assert.match(session.text, /access +one key: dev/);
  assert.match(session.text, /Bearer <secret of the key dev>/);
  assert.doesNotMatch([...session.lines, ...session.errors].join("\n"), /hunter2/);
});

test("a taken port is one sentence that names the flag", async () => {
  const session = new Session({
    yaml: "providers: { openai: {} }",
    failure: Object.assign(new Error("listen EADDRINUSE"), { code: "EADDRINUSE" }),
  });
  assert.equal(await runCli(["start", "--port", "8080"], session), 1);
  assert.deepEqual(session.errors, [
    "Port 8080 on 127.0.0.1 is taken by another program; choose another with --port, e.g. --port 8081.",
  ]);
});

test("a gateway in front of itself is refused", async () => {
  const circle = { name: "openai", baseUrl: "http://localhost:4000/v1", credentialFrom: "x" };
  const session = new Session({ providers: [circle], env: { OPENAI_BASE_URL: circle.baseUrl } });
  assert.equal(await runCli(["start"], session), 2);
  assert.match(session.errors.join("\n"), /OPENAI_BASE_URL is the address of this gateway itself/);
});

test("one wish to stop, told twice by the terminal and npm, drains; a second wish stops at once", async () => {
  const session = new Session({ yaml: "providers: { openai: {} }\ntimeouts: { drain: 7s }", drains: false });
  const ready = session.until(/Try it/);
  const code = runCli([], session);
  await ready;
  session.stop();
  session.clock = 20;
  session.stop();
  assert.deepEqual(session.drained, [7000]);
  session.clock = 900;
  session.stop();
  assert.equal(await code, 130);
  assert.deepEqual(session.drained, [7000]);
});

test("what is wrong with the configuration is told line by line, with exit code 2", async () => {
  const session = new Session({ yaml: "server: { prot: 1 }\nproviders: { opnai: {} }" });
  assert.equal(await runCli(["config", "check"], session), 2);
  assert.deepEqual(session.errors, [
    "The configuration cannot be used:",
    '  /w/polygate.yaml:1:11: server: unknown key "prot"; did you mean "port"?',
  ]);
  const good = new Session({ yaml: "providers: { openai: {} }" });
  assert.equal(await runCli(["check-config"], good), 0);
  assert.match(good.text, /provider openai .*\nThe configuration is good\.$/);
});

test("help teaches, the version is told, a misspelt command is answered with the one that was meant", async () => {
  const help = new Session();
  assert.equal(await runCli(["--help"], help), 0);
  assert.match(help.text, /polygate serve --port 8080/);
  assert.match(help.text, /OPENAI_BASE_URL=http:\/\/127\.0\.0\.1:4000\/v1/);
  const version = new Session();
  assert.equal(await runCli(["--version"], version), 0);
  assert.deepEqual(version.lines, ["9.8.7"]);
  const slip = new Session();
  assert.notEqual(await runCli(["usgae"], slip), 0);
  assert.match(slip.errors.join("\n"), /usage/);
  const port = new Session();
  assert.notEqual(await runCli(["start", "--port", "70000"], port), 0);
  assert.match(port.errors.join("\n"), /whole number from 0 to 65535/);
});

test("an error nobody foresaw is not swallowed", async () => {
  const session = new Session({ yaml: "providers: { openai: {} }", failure: new TypeError("oops") });
  await assert.rejects(runCli(["start"], session), /oops/);
});

test("the simulator lists what it can do", async () => {
  const session = new Session();
  assert.equal(await runCli(["simulate", "--list"], session), 0);
  assert.match(session.text, /Models:\n {2}echo +repeats/);
  assert.match(session.text, /Faults, as model fault:<name>.*\n {2}\S+ /);
});

test("the simulator runs until told to stop; a taken port is a sentence", async () => {
  const session = new Session();
  const ready = session.until(/Simulated provider at http:\/\/127\.0\.0\.1:\d+ /);
  const code = runCli(["simulate", "--port", "0"], session);
  await ready;
  const [, port = ""] = /127\.0\.0\.1:(\d+)/.exec(session.text) ?? [];
  const second = new Session();
  assert.equal(await runCli(["simulate", "--port", port], second), 1);
  assert.match(second.errors.join(), /^Port \d+ on 127\.0\.0\.1 is taken by another program/);
  session.stop();
  assert.equal(await code, 0);
});

test("config show: values with their sources, secrets not; a table on a terminal, JSON in a pipe; only what was asked for", async () => {
  const yaml = "providers: { openai: {} }\ntimeouts: { total: 5m }\nkeys: [{ id: dev, secret: hunter2-hunter2-hunter2 }]";
  const views = { providers: [{ name: "groq", baseUrl: "https://g/v1", credentialFrom: "GROQ_API_KEY (environment)" }] };
  const piped = new Session({ yaml, ...views });
  assert.equal(await runCli(["config", "show", "--set"], piped), 0);
  assert.deepEqual(JSON.parse(piped.text), {
    file: "/w/polygate.yaml",
    values: [
      { path: "keys[0].id", value: "dev", source: "polygate.yaml:3" },
      { path: "keys[0].secret", value: "[secret]", source: "polygate.yaml:3" },
      { path: "timeouts.total", value: "5m", source: "polygate.yaml:2" },
      { path: "providers.openai.api_key", value: "none", source: "none needed" },
      { path: "providers.groq.api_key", value: "[secret]", source: "GROQ_API_KEY (environment)" },
    ],
  });
  const terminal = new Session({ yaml, terminal: { out: true, columns: 60 }, env: { NO_COLOR: "1" } });
  assert.equal(await runCli(["config", "show", "timeouts.t", "port"], terminal), 0);
  assert.deepEqual(terminal.lines, [
    "configuration: /w/polygate.yaml",
    "KEY             VALUE  FROM",
    "server.port     4000   default",
    "timeouts.total  5m     polygate.yaml:2",
  ]);
});
