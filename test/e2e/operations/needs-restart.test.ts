import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { Secret } from "../../../src/canonical/secret.ts";
import type { Config } from "../../../src/config/config.ts";
import { keysAt } from "../../../src/config/keys-at.ts";
import { parseConfig } from "../../../src/config/load.ts";
import { needsRestart } from "../../../src/config/needs-restart.ts";
import { configSchema } from "../../../src/config/schema.ts";
import { knownNames, resolveProviders } from "../../../src/providers/index.ts";
import { serve } from "../../../src/server.ts";
import { ask, chat, folder, secret, simulator } from "./kit.ts";

/* R25: a key of the configuration is followed by a gateway that runs, or named as one that wants a restart: none is forgotten. */

/** Another value for every key that there is. */
const others: { readonly [key: string]: unknown } = {
  "server.host": "127.0.0.2",
  "server.port": 1,
  "server.hosts": ["gateway.example"],
  "keys[].id": "other",
  "keys[].secret": "pg-another-secret-of-this-test",
  "keys[].labels": { team: "b" },
  "keys[].strict": "refuse",
  "providers.up.wire": "openai-responses",
  "providers.up.base_url": "http://127.0.0.1:9/v1",
  "providers.up.api_key": "some-other-credential",
  "providers.up.quirks.max_tokens_field": "max_tokens",
  "providers.up.quirks.stream_usage": false,
  "providers.up.quirks.reasoning_field": "reasoning",
  "providers.up.quirks.reasoning_back": true,
  "providers.up.quirks.signed_thinking": true,
  "providers.up.quirks.developer_role": true,
  "providers.up.quirks.schema_output": false,
  "providers.up.quirks.drop": ["top_p"],
  "providers.up.prices": { echo: { input: 1 } },
  aliases: { fast: "up/echo" },
  data_dir: "elsewhere",
  strict: "refuse",
  workers: 2,
  "timeouts.connect": "9s",
  "timeouts.first_token": "9s",
  "timeouts.between_chunks": "9s",
  "timeouts.total": "9s",
  "timeouts.drain": "9s",
  "timeouts.drain_window": "9s",
  "limits.body_bytes": "1MB",
  "limits.all_bodies_bytes": "1MB",
  "limits.reply_bytes": "1MB",
  "limits.concurrent_calls": 9,
  "limits.lag": "9s",
  "limits.connections": 9,
  "limits.connections_per_address": 9,
  "limits.wrong_keys": 9,
  "conversations.ttl": "9s",
  "guards.input.control_characters": "refuse",
  "guards.input.secrets": "refuse",
  "guards.input.pii": "refuse",
  "guards.input.forbidden": "redact",
  "guards.input.max_characters": 999,
  "guards.output.secrets": "refuse",
  "guards.output.pii": "refuse",
  "guards.output.forbidden": "redact",
  "guards.output.max_characters": 999,
  "guards.pii_kinds": ["email"],
  "guards.forbidden": ["unspeakable"],
  "guards.forbidden_exact": ["Unspeakable"],
  "guards.safety": { google: { HARM_CATEGORY_HARASSMENT: "OFF" } },
  "guards.safety_enforced": true,
  "log.level": "error",
  "log.format": "json",
  "log.calls": "info",
  "observe.metrics": "off",
  "observe.otlp_endpoint": "http://127.0.0.1:9",
  "observe.content": true,
  "observe.propagate": true,
  "egress.allow": ["127.0.0.1:9"],
  "media.fetch": "never",
  "media.max_bytes": "1MB",
  "media.timeout": "9s",
};

/** Every key that can be written, of the first key and of the provider `up`. */
function keys(path: readonly PropertyKey[] = [], spelled = ""): readonly string[] {
  return keysAt(configSchema, path).flatMap((key) => {
    const at = [...path, key];
    const name = spelled === "" ? key : `${spelled}.${key}`;
    if (key === "prices") return [name];
    const items = key === "providers" ? keys([...at, "up"], `${name}.up`) : keys([...at, 0], `${name}[]`);
    const inner = [...keys(at, name), ...items];
    return inner.length === 0 ? [name] : inner;
  });
}

const isPlain = (value: unknown): value is object =>
  typeof value === "object" && value !== null && (Array.isArray(value) || Object.getPrototypeOf(value) === Object.prototype);

/** The document with another value at a key. */
function put(document: object, key: string, value: unknown): object {
  const copy: object = structuredClone(document);
  const steps = key.replace("[]", ".0").split(".");
  let place = copy;
  for (const step of steps.slice(0, -1)) {
    const inner: unknown = Reflect.get(place, step);
    const next = isPlain(inner) ? inner : {};
    Reflect.set(place, step, next);
    place = next;
  }
  Reflect.set(place, steps.at(-1) ?? "", value);
  return copy;
}

/** A text of each value that is no plain object or list of such. */
function leaves(value: unknown, path = ""): ReadonlyMap<string, string> {
  if (value instanceof Map) return new Map([[path, JSON.stringify([...value])]]);
  if (value instanceof Secret) return new Map([[path, value.reveal()]]);
  const simple = Array.isArray(value) && value.every((item) => !isPlain(item));
  if (!isPlain(value) || simple) return new Map([[path, JSON.stringify(value) ?? ""]]);
  return new Map(Object.entries(value).flatMap(([key, inner]) => [...leaves(inner, path === "" ? key : `${path}.${key}`)]));
}

/** Has it tell which of its members are asked for. */
function watch(value: unknown, read: (path: string) => void, path = ""): void {
  if (!isPlain(value)) return;
  for (const [key, member] of Object.entries(value)) {
    const at = path === "" ? key : `${path}.${key}`;
    watch(member, read, at);
    const get = (): unknown => {
      read(at);
      return member;
    };
    Object.defineProperty(value, key, { get, enumerable: true, configurable: true });
  }
}

test("R25 every key of the configuration is followed at once, or named as one that wants a restart", {
  timeout: 60_000,
}, async (t) => {
  assert.deepEqual(
    keys().filter((key) => !(key in others)),
    [],
    "keys without a row in this test",
  );
  const upstream = await simulator();
  const cwd = folder();
  const document = {
    server: { port: 0 },
    data_dir: join(cwd, "data"),
    keys: [{ id: "dev", secret }],
    providers: { up: { wire: "openai-chat", base_url: `${upstream.url}/v1`, api_key: "none", quirks: {} } },
  };
  const parse = (given: object): Config =>
    parseConfig({ env: {}, cwd, known: knownNames }, { file: join(cwd, "polygate.yaml"), text: JSON.stringify(given) });
  const resolved = (config: Config) => ({ config, providers: resolveProviders(config.providers, config.environment) });
  const started = parse(document);
  const running = await serve({ ...resolved(started), onTrouble: () => {} });
  let followed = 0;
  let listed = 0;
  try {
    for (const key of keys()) {
      const next = parse(put(document, key, others[key]));
      const before = leaves(started);
      const changed = [...leaves(next)].filter(([path, text]) => before.get(path) !== text).map(([path]) => path);
      assert.ok(changed.length > 0, `the row of ${key} changes nothing`);
      const wants = needsRestart(started, next);
      if (wants.length > 0) {
        assert.deepEqual(wants, [key]);
        listed++;
        continue;
      }
      const read = new Set<string>();
      watch(next, (path) => read.add(path));
      running.gateway.apply(resolved(next));
      for (const stream of [false, true]) {
        const asked = { key: next.keys[0]?.secret.reveal() ?? "", body: chat("hello", stream) };
        await ask(`${running.address}/v1/chat/completions`, asked);
      }
      // The process asks for these when it is told to stop, and follows them: drain.test.ts.
      const { drainMs, drainWindowMs } = running.gateway.current().config.timeouts;
      assert.ok(drainMs >= 0 && drainWindowMs >= 0);
      const [last = ""] = key.split(".").slice(-1);
      // Names that the operator chose are passed on with what holds them.
      const free = [...read].find((path) => isPlain(others[key]) && path.endsWith(`.${last}`));
      const unread = changed.filter((path) => !read.has(path) && !(free !== undefined && path.startsWith(`${free}.`)));
      assert.deepEqual(unread, [], `${key} is neither followed nor listed in needs-restart.ts`);
      followed++;
    }
  } finally {
    await running.close(0);
  }
  t.diagnostic(`R25: of ${keys().length} keys ${followed} are followed at once, ${listed} want a restart and are named`);
});
