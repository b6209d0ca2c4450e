import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { type Call, CallRecord, withRequest } from "../canonical/call.ts";
import { GatewayError } from "../canonical/error.ts";
import type { Keeper, Pins } from "../canonical/ports.ts";
import { Warnings } from "../canonical/warnings.ts";
import { type ProviderOptions, resolveProviders } from "../providers/index.ts";
import { noteOf } from "./kept-answers.ts";
import { planner } from "./plan.ts";

const responses = "openai-responses";
const provider = (name: string, wire: string): ProviderOptions => ({ name, wire, baseUrl: `http://${name}/v1`, apiKey: "none" });
const resolved = (...options: readonly ProviderOptions[]) =>
  resolveProviders(options, { get: () => undefined, source: () => undefined });
const both = resolved(provider("oai", responses), provider("vllm", responses), provider("ant", "anthropic-messages"));
const one = resolved(provider("oai", responses), provider("ant", "anthropic-messages"));

class Noted implements Pins {
  readonly kept = new Map<string, Keeper | "none">([["resp_1", { provider: "oai", model: "gpt-5" }]]);
  readonly log: string[] = [];
  find(_owner: string, id: string) {
    return this.kept.get(id);
  }
  pin(owner: string, id: string, { provider, model }: Keeper, booked: boolean): void {
    this.log.push(`pin ${owner} ${id} ${provider}/${model} ${booked}`);
  }
  unpin(owner: string, id: string): void {
    this.log.push(`unpin ${owner} ${id}`);
  }
  claimUsage(_owner: string, id: string): boolean {
    return id === "background";
  }
}

const shared = {
  id: "call_1",
  stream: false,
  strict: false,
  callerWire: responses,
  caller: { kind: "key" as const, keyId: "dev", labels: {} },
  labels: {},
  signal: new AbortController().signal,
  deadline: 1,
  warnings: new Warnings(),
  record: new CallRecord(),
};
const sourceOf = (json: { readonly [name: string]: string | boolean }) => ({
  source: { wire: responses, path: "/", query: "", headers: {}, body: new Uint8Array(), json, members: new Map() },
});
const chat = (model: string, continues: string | undefined, json = {}): Call<"chat"> => ({
  ...shared,
  ...sourceOf(json),
  operation: "chat",
  model,
  continues,
  request: { model, messages: [] },
});
const stored = (verb: "get" | "delete", id: string): Call<"stored"> => ({
  ...shared,
  ...sourceOf({}),
  operation: "stored",
  model: "",
  continues: id,
  request: { verb, id },
});

function planned(call: Call, providers = both): string {
  const pins = new Noted();
  pins.kept.set("theirs", "none").set("lost", { provider: "former", model: "m" });
  try {
    const [candidate] = planner(providers, pins)(call).candidates;
    return `${candidate?.deployment.provider} ${candidate?.deployment.model}`;
  } catch (thrown) {
    assert.ok(thrown instanceof GatewayError);
    return `${thrown.status} ${thrown.code} ${thrown.param}: ${thrown.message}`;
  }
}

describe("a call about an answer that its provider keeps", () => {
  it("goes to the keeper", () => {
    assert.equal(planned(stored("get", "resp_1")), "oai gpt-5");
    assert.equal(planned(chat("oai/gpt-5-mini", "resp_1")), "oai gpt-5-mini");
  });

  it("is refused where its model leads elsewhere, saying who keeps the answer", () => {
    assert.match(planned(chat("vllm/m", "resp_1")), /^400 invalid_request model: .*kept by oai.*such as oai\/gpt-5/);
    assert.match(planned(chat("ant/claude", "resp_1")), /^400 invalid_request model: .*kept by oai/);
  });

  it("finds nothing of another owner's, of what was deleted, or of a provider that is gone", () => {
    for (const call of [stored("get", "theirs"), chat("oai/gpt-5", "theirs")])
      assert.match(planned(call), /^404 not_found .*yours/);
    for (const call of [stored("get", "lost"), chat("oai/gpt-5", "lost")])
      assert.match(planned(call), /^404 not_found .*former, which is not configured/);
  });

  it("that nobody has heard of goes to the one provider that could have it, else where the model leads", () => {
    assert.equal(planned(stored("get", "old"), one), "oai ");
    assert.match(planned(stored("get", "old")), /^404 not_found response_id: .*\(oai, vllm\)/);
    assert.match(planned(stored("get", "old"), resolved(provider("ant", "anthropic-messages"))), /^404 not_found/);
    assert.equal(planned(chat("vllm/m", "old")), "vllm m");
    assert.match(planned(chat("ant/claude", "old")), /^404 not_found previous_response_id: .*Send the whole conversation/);
  });
});

describe("what is noted of an answer", () => {
  const usage = {
    inputUncached: 1,
    cacheRead: 0,
    cacheWrite5m: 0,
    cacheWrite1h: 0,
    outputVisible: 1,
    outputReasoning: 0,
    raw: {},
  };
  const finished = { kind: "finished" } as const;
  const noted = (call: Call) => {
    const pins = new Noted();
    const [candidate] = planner(both, pins)(call).candidates;
    assert.ok(candidate);
    return { pins, note: noteOf(call, candidate, pins) };
  };

  it("is its keeper, however it ended, unless it is not to be kept", () => {
    const { pins, note } = noted(chat("oai/gpt-5", undefined));
    note?.(finished, { id: "resp_2", usage });
    note?.({ kind: "cancelled" }, { id: "resp_3" });
    note?.({ kind: "cancelled" }, {});
    note?.(undefined, { id: "resp_4" });
    assert.deepEqual(pins.log, [
      "pin dev resp_2 oai/gpt-5 true",
      "pin dev resp_3 oai/gpt-5 false",
      "pin dev resp_4 oai/gpt-5 false",
    ]);
    assert.equal(noted(chat("oai/gpt-5", undefined, { store: false })).note, undefined);
    assert.equal(noted(chat("ant/claude", undefined)).note, undefined);
  });

  it("is its keeper where the request was changed on its way, too", () => {
    const call = chat("oai/gpt-5", undefined);
    const { pins, note } = noted(withRequest(call, call.request));
    note?.(finished, { id: "resp_5", usage });
    assert.deepEqual(pins.log, ["pin dev resp_5 oai/gpt-5 true"]);
    assert.equal(noted(withRequest(call, { ...call.request, store: false })).note, undefined);
  });

  it("is its end, once the provider has deleted it", () => {
    const { pins, note } = noted(stored("delete", "resp_1"));
    note?.({ kind: "error", error: new GatewayError("not_found", "") }, {});
    assert.deepEqual(pins.log, []);
    note?.(finished, {});
    assert.deepEqual(pins.log, ["unpin dev resp_1"]);
  });

  it("is its usage, where nobody has booked it", () => {
    const pins = new Noted();
    pins.kept.set("background", { provider: "oai", model: "gpt-5" });
    const booked = (id: string) => {
      const call = stored("get", id);
      const [candidate] = planner(both, pins)(call).candidates;
      return candidate && noteOf(call, candidate, pins)?.(finished, { usage }).usage;
    };
    assert.equal(booked("background"), usage);
    assert.equal(booked("resp_1"), undefined);
  });
});
