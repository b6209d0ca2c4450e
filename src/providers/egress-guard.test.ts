import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Secret } from "../canonical/secret.ts";
import { FakeClock } from "../transport/testing/fake-clock.ts";
import { TestNetwork } from "../transport/testing/network.ts";
import { EgressGuard } from "./egress-guard.ts";
import { resolveProviders } from "./index.ts";
import type { ProviderOptions } from "./options.ts";

const environment = new Map([
  ["OPENAI_API_KEY", "k"],
  ["ANTHROPIC_API_KEY", "k"],
  ["ANTHROPIC_BASE_URL", "http://localhost:9000"],
]);
const variables = { get: (name: string) => environment.get(name), source: () => "environment" };
const providers = (options: readonly ProviderOptions[]) => resolveProviders(options, variables);

const local: ProviderOptions = { name: "local", wire: "openai-chat", baseUrl: "http://127.0.0.1:11434/v1", apiKey: "none" };

describe("EgressGuard", () => {
  const guard = (options: readonly ProviderOptions[], allow: readonly string[] = []) =>
    new EgressGuard({ clock: new FakeClock(), onRefused: () => {} }).waysOut({ providers: providers(options), allow });

  it("lets addresses that the operator gave lead home, in the configuration or the environment, and no default ones", () => {
    const policy = guard([local, { name: "groq", apiKey: new Secret("k"), baseUrl: "http://10.0.0.9/v1" }]).towardsProviders;
    const open = (host: string, port: number, address: string): boolean => policy.refusal(host, port, address) === undefined;
    assert.ok(open("127.0.0.1", 11434, "127.0.0.1") && open("10.0.0.9", 80, "10.0.0.9") && open("localhost", 9000, "::1"));
    assert.ok(!open("api.openai.com", 443, "127.0.0.1") && !open("api.openai.com", 443, "10.0.0.1"));
    assert.ok(open("api.openai.com", 443, "104.18.7.192"));
  });

  it("keeps callers from all of them", () => {
    const { callerUrls } = guard([local], ["gpu.lan:80"]);
    const open = (url: string): boolean => callerUrls.refusal(new URL(url)) === undefined;
    assert.ok(!open("http://127.0.0.1:11434/x") && !open("http://localhost:9000/") && open("http://gpu.lan/x"));
  });

  it("opens nothing without a configuration", () => {
    const { publicOnly } = new EgressGuard({ clock: new FakeClock(), onRefused: () => {} });
    const open = (host: string, address: string): boolean => publicOnly.policy().refusal(host, 443, address) === undefined;
    assert.ok(open("api.openai.com", "104.18.7.192") && !open("127.0.0.1", "127.0.0.1") && !open("gpu.lan", "10.0.0.5"));
  });

  it("tells providers that fetch from inside by the addresses their names have", async () => {
    const outside = new TestNetwork()
      .name("llm.corp.example", ["10.0.0.5"])
      .name("api.openai.com", ["104.18.7.192"])
      .name("both.example.com", ["104.18.7.192", "fd00::5"]);
    const { isInside } = new EgressGuard({ outside, clock: new FakeClock(), onRefused: () => {} }).waysOut({
      providers: providers([local]),
      allow: ["llm.corp.example:80"],
    });
    for (const url of [
      "http://127.0.0.1:11434/v1",
      "http://gpu.lan/v1",
      "http://llm.corp.example/",
      "https://both.example.com",
      "http://[::1]:1",
    ]) {
      assert.equal(await isInside(url), true, url);
    }
    for (const url of ["https://api.openai.com/v1", "https://unknown.example.com", "https://8.8.8.8/v1"]) {
      assert.equal(await isInside(url), false, url);
    }
  });

  it("does not take an entry that is none", () => {
    assert.throws(() => guard([], ["10.0.0.1"]), RangeError);
  });
});
