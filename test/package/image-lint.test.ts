import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { parse } from "yaml";
import { z } from "zod";
import { execForm, inherited, parseDockerfile } from "./dockerfile.ts";
import { imageRules, planted } from "./image-rules.ts";
import { root } from "./installed.ts";

/* deploy/: no engine is needed to see whether the files keep their promises. */

const read = (path: string): string => readFileSync(join(root, "deploy", path), "utf8");
const dockerfile = read("Dockerfile");

for (const [name, rule] of Object.entries(imageRules)) {
  test(`image: ${name}`, () => {
    assert.deepEqual(rule(parseDockerfile(dockerfile)), []);
  });
  test(`image: ${name}: the rule can fail`, () => {
    const changes = planted[name] ?? [];
    assert.ok(changes.length > 0);
    for (const [there, instead] of changes) {
      const changed = dockerfile.replace(there, instead);
      assert.notEqual(changed, dockerfile, `${there} does not stand there`);
      assert.notDeepEqual(rule(parseDockerfile(changed)), [], instead);
    }
  });
}

test("image: only what is copied enters the build", () => {
  const allowed = readFileSync(join(root, ".dockerignore"), "utf8")
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("#"));
  assert.equal(allowed[0], "*");
  const copied = parseDockerfile(dockerfile).stages.flatMap(({ instructions }) =>
    instructions
      .filter(({ word, rest }) => word === "COPY" && !rest.startsWith("--from="))
      .flatMap(({ rest }) =>
        rest
          .split(/\s+/)
          .slice(0, -1)
          .map((path) => path.replace(/\/$/, "")),
      ),
  );
  const entries = allowed.filter((line) => line.startsWith("!")).map((line) => line.slice(1));
  assert.deepEqual([...new Set(copied)].sort(), entries.sort());
});

const strings = z.array(z.string());
const service = z.looseObject({
  image: z.string(),
  read_only: z.literal(true),
  cap_drop: z.tuple([z.literal("ALL")]),
  security_opt: strings.refine((options) => options.includes("no-new-privileges:true")),
  tmpfs: strings.refine((mounts) => mounts.every((mount) => /noexec.*nosuid.*nodev/.test(mount))),
  ports: strings.refine((ports) => ports.every((port) => port.startsWith("127.0.0.1:"))).optional(),
  restart: z.string(),
  mem_limit: z.string(),
  pids_limit: z.number(),
  privileged: z.never().optional(),
  cap_add: z.never().optional(),
  network_mode: z.never().optional(),
  volumes: strings.refine((volumes) => volumes.every((volume) => !volume.includes("docker.sock") && !volume.startsWith("/"))),
});
const compose = z.strictObject({
  name: z.literal("polygate"),
  services: z.object({
    polygate: service.extend({
      healthcheck: z.object({ test: strings }),
      environment: z.record(z.string(), z.string()),
      stop_grace_period: z.string().regex(/^\d+s$/),
      build: z.object({ context: z.literal(".."), dockerfile: z.literal("deploy/Dockerfile"), target: z.string() }),
    }),
    prometheus: service.extend({ profiles: strings, user: z.string().regex(/^[1-9]/) }),
  }),
  volumes: z.record(z.string(), z.null()),
});

test("compose: read-only, no capabilities, no new privileges, loopback alone, bounded; secrets come from outside", () => {
  const text = read("compose.yaml");
  const { services, volumes } = compose.parse(parse(text));
  for (const one of Object.values(services))
    for (const volume of one.volumes) assert.ok(volume.startsWith("./") || (volume.split(":")[0] ?? "") in volumes, volume);
  for (const [name, value] of Object.entries(services.polygate.environment))
    if (/KEY/.test(name)) assert.match(value, /^\$\{\w+:[?-]/, name);
  assert.match(services.prometheus.image, /:v?\d+\.\d+\.\d+$/);
  const health = inherited(parseDockerfile(dockerfile), "basic").findLast(({ word }) => word === "HEALTHCHECK");
  assert.deepEqual(services.polygate.healthcheck.test, ["CMD", ...(execForm(health?.rest ?? "") ?? [])]);
  assert.ok(Number.parseInt(services.polygate.stop_grace_period, 10) > drainSeconds());
});

test("compose: the rules can fail", () => {
  const text = read("compose.yaml");
  const changes: readonly (readonly [string, string])[] = [
    ["read_only: true", "read_only: false"],
    ["cap_drop: [ALL]", "cap_drop: [NET_RAW]"],
    ["no-new-privileges:true", "seccomp:unconfined"],
    ['"127.0.0.1:$', '"0.0.0.0:$'],
    ["init: false", "privileged: true"],
    ["- data:/data", "- /var/run/docker.sock:/var/run/docker.sock"],
    ["noexec,", ""],
    ["mem_limit: 1g", ""],
  ];
  for (const [there, instead] of changes) {
    const changed = text.replace(there, () => instead);
    assert.notEqual(changed, text, there);
    assert.equal(compose.safeParse(parse(changed)).success, false, instead);
  }
});

test("systemd: the unit is hardened, ends with its drain, and does not repeat what is misconfigured", (t) => {
  const unit = read("polygate.service");
  const settings = new Map([...unit.matchAll(/^(\w+)=(.*)$/gm)].map(([, key = "", value = ""]) => [key, value]));
  const wanted = {
    NoNewPrivileges: "yes",
    ProtectSystem: "strict",
    ProtectHome: "yes",
    PrivateTmp: "yes",
    PrivateDevices: "yes",
    DynamicUser: "yes",
    StateDirectory: "polygate",
    CapabilityBoundingSet: "",
    RestrictSUIDSGID: "yes",
    Restart: "on-failure",
    RestartPreventExitStatus: "2",
    KillSignal: "SIGTERM",
  };
  for (const [key, value] of Object.entries(wanted)) assert.equal(settings.get(key), value, key);
  assert.equal(settings.has("MemoryDenyWriteExecute"), false, "V8 could not run");
  assert.ok(Number(settings.get("TimeoutStopSec")) > drainSeconds());
  const verified = spawnSync("systemd-analyze", ["verify", join(root, "deploy/polygate.service")], { encoding: "utf8" });
  if (verified.error !== undefined) return t.diagnostic("systemd-analyze is not here: the unit's words are unchecked");
  // Where it is not installed, its program is missing.
  const told = verified.stderr
    .split("\n")
    .filter((line) => line.includes("polygate.service") && !line.includes("is not executable"));
  assert.deepEqual(told, []);
  t.diagnostic("systemd-analyze verify: no complaint");
});

test("deploy: a variable that Polygate knows itself means there what it means everywhere", () => {
  // What the image's file reads of the environment is for what has no variable of its own.
  const itself = [...readFileSync(join(root, "docs/configuration.md"), "utf8").matchAll(/\$(POLYGATE_[A-Z_]+)/g)].map(
    ([, name]) => name,
  );
  assert.ok(itself.includes("POLYGATE_HOST") && itself.length > 2);
  const read = (file: string): readonly (string | undefined)[] =>
    [...file.matchAll(/\$\{(POLYGATE_[A-Z_]+)/g)].map(([, name]) => name);
  const used = read(readFileSync(join(root, "deploy/polygate.yaml"), "utf8"));
  assert.deepEqual([...used].sort(), ["POLYGATE_METRICS", "POLYGATE_NAME"]);
  assert.deepEqual(
    used.filter((name) => itself.includes(name)),
    [],
  );
  const given = read(readFileSync(join(root, "deploy/compose.yaml"), "utf8"));
  assert.ok(used.every((name) => given.includes(name)));
  assert.ok(!given.includes("POLYGATE_HOST"), "it would make a mounted configuration listen on a name");
});

/** The default of timeouts.drain, as the documentation has it. */
function drainSeconds(): number {
  const documented = /`timeouts\.drain` \| `(\d+)s`/.exec(readFileSync(join(root, "docs/configuration.md"), "utf8"));
  assert.ok(documented, "docs/configuration.md tells the default of timeouts.drain");
  return Number(documented[1]);
}
