import assert from "node:assert/strict";
import type { IncomingMessage } from "node:http";
import { describe, it } from "node:test";
import { GatewayError } from "../canonical/error.ts";
import { FakeClock } from "../transport/testing/fake-clock.ts";
import type { Serving } from "./options.ts";
import { Reception } from "./reception.ts";
import { arriving } from "./testing/arriving.ts";

const config: Serving = {
  handler: () => assert.fail("called"),
  identify: (presented) => {
    if (presented === "right") return { kind: "key", keyId: "dev", labels: {} };
    throw new GatewayError("unauthenticated", "No.");
  },
  losses: "warn",
  open: false,
  hosts: [],
  metrics: "admin",
  listModels: () => assert.fail("asked"),
  bounds: { bodyBytes: 9, totalMs: 9 },
};

/** What a request comes to: the kind of its route, or the code it is refused with; and whether its connection may be kept. */
function outcome(reception: Reception, request: IncomingMessage, serving = config): readonly [string, boolean] {
  const exchange = { request, serving, sound: false, allow: undefined, wire: undefined };
  try {
    return [reception.receive(exchange).route.kind, exchange.sound];
  } catch (thrown) {
    assert.ok(thrown instanceof GatewayError);
    return [thrown.code, exchange.sound];
  }
}

const fresh = (serving = config): Reception =>
  new Reception({ serving: () => serving, clock: new FakeClock(), limits: { wrongKeys: 20 } });

/** A POST to /v1/messages whose head holds these lines, sent to `host`. */
const posted = async (head: string, line = "POST /v1/messages", host = "localhost"): Promise<IncomingMessage> =>
  (await arriving(head, "", line, host)).request;

describe("Reception", () => {
  it("judges in one order: the host first, the key last", async () => {
    const many = Array.from({ length: 99 }, (_, at) => `x-${at}: 1\r\n`).join("");
    const cases: readonly (readonly [head: string, line: string, host: string, code: string, sound: boolean])[] = [
      [`${many}content-length: 5\r\n`, "POST /nothing", "evil/x", "invalid_request", false],
      ["content-length: 5\r\n", "POST /nothing", "evil.example", "misdirected", false],
      ["content-length: 5\r\n", "GET /nothing", "localhost", "invalid_request", false],
      ["", "POST /nothing", "localhost", "not_found", true],
      ["", "PUT /v1/messages", "localhost", "method_not_allowed", true],
      ["", "POST /v1/messages", "localhost", "unauthenticated", true],
      ["x-api-key: wrong\r\n", "POST /v1/messages", "localhost", "unauthenticated", true],
      ["x-api-key: wrong\r\nexpect: 100-continue\r\n", "POST /v1/messages", "localhost", "unauthenticated", false],
      ["x-api-key: right\r\n", "POST /v1/messages", "localhost", "call", true],
      ["x_api_key: right\r\n", "POST /v1/messages", "localhost", "unauthenticated", true],
    ];
    for (const [head, line, host, code, sound] of cases)
      assert.deepEqual(outcome(fresh(), await posted(head, line, host)), [code, sound], `${line} to ${host}: ${head.slice(-60)}`);
  });

  it("refuses more headers than Node would show", async () => {
    const of = (count: number): string => Array.from({ length: count }, (_, at) => `x-${at}: 1\r\n`).join("");
    // With `host` and the key there are two more.
    assert.deepEqual(outcome(fresh(), await posted(`x-api-key: right\r\n${of(98)}`)), ["call", true]);
    assert.deepEqual(outcome(fresh(), await posted(`x-api-key: right\r\n${of(99)}`)), ["invalid_request", false]);
  });

  it("goes by the configuration in force", async () => {
    const reception = fresh();
    const named = (): Promise<IncomingMessage> => posted("x-api-key: right\r\n", "POST /v1/messages", "gateway.lan");
    assert.equal(outcome(reception, await named())[0], "misdirected");
    assert.equal(outcome(reception, await named(), { ...config, hosts: ["gateway.lan"] })[0], "call");
    assert.equal(outcome(reception, await named())[0], "misdirected");
    const page = await posted("origin: https://evil.example\r\n");
    const open: Serving = { ...config, open: true, identify: () => ({ kind: "open", keyId: "open", labels: {} }) };
    assert.equal(outcome(reception, page, open)[0], "permission_denied");
    assert.equal(outcome(reception, await posted(""), open)[0], "call");
  });

  it("counts wrong keys, not missing ones, and takes the right one all the same", async () => {
    const reception = fresh();
    const [none, wrong, right] = [await posted(""), await posted("x-api-key: wrong\r\n"), await posted("x-api-key: right\r\n")];
    for (let tries = 0; tries < 50; tries++) assert.equal(outcome(reception, none)[0], "unauthenticated");
    const told = Array.from({ length: 22 }, () => outcome(reception, wrong)[0]);
    assert.deepEqual(told.slice(18), ["unauthenticated", "unauthenticated", "rate_limited", "rate_limited"]);
    assert.equal(outcome(reception, right)[0], "call");
    assert.equal(outcome(reception, none)[0], "unauthenticated");
  });

  it("takes nothing more on a connection whose request it could not make out", async () => {
    const reception = fresh();
    const request = await posted("x-api-key: right\r\n");
    assert.equal(outcome(reception, request)[0], "call");
    assert.equal(outcome(reception, await posted("", "POST /nothing"))[0], "not_found");
    assert.equal(outcome(reception, request)[0], "call", "others' refusals are not this connection's");
    reception.shut(request.socket);
    assert.deepEqual(outcome(reception, request), ["invalid_request", false]);
    const twice = await posted("host: localhost\r\nx-api-key: right\r\n");
    assert.equal(outcome(reception, twice)[0], "invalid_request");
    Object.assign(twice, { rawHeaders: ["host", "localhost"] });
    assert.equal(outcome(reception, twice)[0], "invalid_request", "though it looks right now");
  });
});
