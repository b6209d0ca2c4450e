import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type Server, Socket } from "node:net";
import { describe, it } from "node:test";
import { systemClock } from "./clock.ts";
import { EgressPolicy } from "./egress.ts";
import { HttpTransport, readAll, TransportError, type UpstreamReply } from "./http-transport.ts";
import { FakeClock } from "./testing/fake-clock.ts";
import { patient, rejection } from "./testing/harness.ts";
import { publicAddress, TestNetwork, testClassify } from "./testing/network.ts";

/** Servers on the same port of two addresses of loopback: one stands for the public internet, the other is this machine. */
interface Places extends AsyncDisposable {
  readonly port: number;
  readonly heads: { readonly outside: string[]; readonly inside: string[] };
  readonly connections: { outside: number; inside: number };
}

async function places(): Promise<Places> {
  const heads: Places["heads"] = { outside: [], inside: [] };
  const connections = { outside: 0, inside: 0 };
  const server = (where: "outside" | "inside"): Server =>
    createServer((socket) => {
      connections[where]++;
      socket.on("error", () => {});
      socket.on("data", (bytes) => {
        heads[where].push(bytes.toString("latin1"));
        // TLS is not spoken here, and a request's body may come by itself.
        if (bytes[0] === 0x16) socket.destroy();
        else if (bytes.includes("{}")) socket.write("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok");
      });
    });
  const outside = server("outside");
  const inside = server("inside");
  outside.listen(0, publicAddress);
  await once(outside, "listening");
  const address = outside.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  inside.listen(address.port, "127.0.0.1");
  await once(inside, "listening");
  return {
    port: address.port,
    heads,
    connections,
    [Symbol.asyncDispose]: async () => {
      outside.close();
      inside.close();
    },
  };
}

interface Rig extends AsyncDisposable {
  readonly network: TestNetwork;
  readonly refusals: readonly string[];
  readonly transport: HttpTransport;
  get(origin: string): Promise<UpstreamReply>;
}

function rig({ allow = [], named = [] }: { readonly allow?: readonly string[]; readonly named?: readonly string[] } = {}): Rig {
  const network = new TestNetwork();
  const refusals: string[] = [];
  const policy = new EgressPolicy({ allow, named, classify: testClassify });
  const egress = { policy: () => policy, network, onRefused: (text: string) => refusals.push(text) };
  const transport = new HttpTransport({ clock: systemClock, egress });
  return {
    network,
    refusals,
    transport,
    get: (origin) =>
      transport.send({
        peer: "openai",
        origin,
        path: "/v1/x",
        method: "POST",
        headers: { authorization: "Bearer canary" },
        body: "{}",
        signal: new AbortController().signal,
        timeouts: patient,
      }),
    [Symbol.asyncDispose]: () => transport.close(),
  };
}

const text = async ({ body }: UpstreamReply): Promise<string> => Buffer.from(await readAll(body, 1000)).toString();

describe("connections", () => {
  it("are made to the address that was judged, with the name as Host, and kept alive without asking again", async () => {
    await using here = await places();
    await using out = rig();
    out.network.name("api.example.com", [publicAddress]);
    const origin = `http://api.example.com:${here.port}`;
    for (let count = 0; count < 8; count++) assert.equal(await text(await out.get(origin)), "ok");
    const { outside, inside } = here.connections;
    // The second may be made before the first is free again.
    assert.ok(outside <= 2 && inside === 0 && out.network.asked.length === outside, `${outside} connections`);
    assert.match(here.heads.outside[0] ?? "", new RegExp(`\r\nhost: api.example.com:${here.port}\r\n`, "i"));
  });

  it("are refused where the name leads to this machine: nothing is connected to, and the operator reads what would allow it", async () => {
    await using here = await places();
    await using out = rig();
    out.network.name("api.openai.com", ["127.0.0.1"]);
    const error = await rejection(out.get(`http://api.openai.com:${here.port}`));
    assert.ok(error instanceof TransportError && error.code === "unreachable" && !error.retryable && !error.requestSent);
    assert.equal(
      error.message,
      "The address of openai is not allowed; the operator finds in the gateway's log what to do about it.",
    );
    assert.match(out.refusals.join("\n"), new RegExp(`egress: \\{ allow: \\["api.openai.com:${here.port}"\\] \\}`));
    assert.deepEqual(here.connections, { outside: 0, inside: 0 });
  });

  it("are refused to literal addresses by the same path", async () => {
    await using here = await places();
    await using out = rig();
    for (const host of ["127.0.0.1", "[::ffff:127.0.0.1]", "0.0.0.0", "2130706433", "0x7f.1", "[::1]", "169.254.169.254"]) {
      const error = await rejection(out.get(new URL(`http://${host}:${here.port}`).origin));
      assert.ok(error instanceof TransportError && error.code === "unreachable", host);
    }
    assert.deepEqual({ ...here.connections, refusals: out.refusals.length }, { outside: 0, inside: 0, refusals: 7 });
    assert.equal(await text(await out.get(`http://${publicAddress}:${here.port}`)), "ok");
    assert.deepEqual(out.network.asked, []);
  });

  it("use of mixed answers only what is allowed, in their order, and go on to the next where one does not answer", async () => {
    await using here = await places();
    await using out = rig();
    out.network.name("mixed.example.com", ["127.0.0.1", "10.0.0.5", publicAddress, "169.254.169.254"]);
    assert.equal(await text(await out.get(`http://mixed.example.com:${here.port}`)), "ok");
    assert.deepEqual(here.connections, { outside: 1, inside: 0 });
    await using next = rig({ allow: [`two.example.com:${here.port}`] });
    // Nobody listens at the first.
    next.network.name("two.example.com", ["127.0.0.3", publicAddress]);
    assert.equal(await text(await next.get(`http://two.example.com:${here.port}`)), "ok");
    assert.deepEqual(here.connections, { outside: 2, inside: 0 });
  });

  it("are judged each anew: a name that leads elsewhere the second time", async () => {
    await using here = await places();
    await using out = rig();
    out.network.name("rebind.example.com", [publicAddress], ["127.0.0.1"]);
    const origin = `http://rebind.example.com:${here.port}`;
    // Both at once, so that each needs a connection of its own.
    const [first, second] = await Promise.allSettled([out.get(origin), out.get(origin)]);
    assert.equal(first.status, "fulfilled");
    assert.ok(second.status === "rejected" && second.reason instanceof TransportError && second.reason.code === "unreachable");
    assert.deepEqual(here.connections, { outside: 1, inside: 0 });
  });

  it("are closed without a byte where they have led elsewhere than they were sent", async () => {
    await using here = await places();
    await using out = rig();
    out.network.name("api.example.com", [publicAddress]);
    out.network.divert = "127.0.0.1";
    for (const scheme of ["http", "https"]) {
      const error = await rejection(out.get(`${scheme}://api.example.com:${here.port}`));
      assert.ok(error instanceof TransportError && error.code === "unreachable" && !error.retryable);
    }
    assert.deepEqual(here.heads, { outside: [], inside: [] });
    assert.equal(here.connections.inside, 2);
  });

  it("reach a provider of this machine where the configuration names host and port, and no other port", async () => {
    await using here = await places();
    await using out = rig({ named: [`http://127.0.0.1:${here.port}/v1`] });
    assert.equal(await text(await out.get(`http://127.0.0.1:${here.port}`)), "ok");
    assert.ok((await rejection(out.get("http://127.0.0.1:1"))) instanceof TransportError);
    assert.equal(out.refusals.length, 1);
  });

  it("say hello to TLS servers by the name, at the address that was judged", async () => {
    await using here = await places();
    await using out = rig();
    out.network.name("api.example.com", [publicAddress]);
    // The server speaks no TLS: its hello is all that is wanted.
    const error = await rejection(out.get(`https://api.example.com:${here.port}`));
    assert.ok(error instanceof TransportError && error.code === "unreachable" && !error.requestSent, String(error));
    const hello = here.heads.outside.join("");
    assert.ok(hello.charCodeAt(0) === 0x16 && hello.includes("api.example.com"));
    assert.ok(!hello.includes("canary"));
    assert.deepEqual(here.connections, { outside: 1, inside: 0 });
  });

  it("fail as ever where there is no such name", async () => {
    await using out = rig();
    const error = await rejection(out.get("http://nowhere.example.com"));
    assert.ok(error instanceof TransportError && error.code === "unreachable" && error.retryable);
    assert.match(error.message, /openai cannot be reached \(ENOTFOUND\)/);
  });

  it("are given up when the name takes too long", async () => {
    const clock = new FakeClock();
    const policy = new EgressPolicy({ allow: [] });
    const resolve = (): Promise<never> => new Promise(() => {});
    const network = { resolve, dial: () => assert.fail("dialled") };
    const transport = new HttpTransport({ clock, connectMs: 5000, egress: { policy: () => policy, network } });
    const sent = transport.send({
      origin: "http://slow.example.com",
      path: "/",
      method: "GET",
      headers: {},
      signal: new AbortController().signal,
      timeouts: { ...patient, connectMs: 60_000, totalMs: 60_000 },
    });
    await new Promise((resolve) => setImmediate(resolve));
    clock.advance(5000);
    const error = await rejection(sent);
    assert.ok(error instanceof TransportError && error.code === "timeout", String(error));
    await transport.close();
  });

  it("are given up with the transport, while the name is asked for and while nobody answers", async () => {
    const clock = new FakeClock();
    const policy = new EgressPolicy({ allow: [] });
    const silent = new Socket();
    const never = { resolve: (): Promise<never> => new Promise(() => {}), dial: () => assert.fail("dialled") };
    const mute = { resolve: async () => [{ address: "93.184.216.34", family: 4 }], dial: () => silent };
    for (const network of [never, mute]) {
      const transport = new HttpTransport({ clock, egress: { policy: () => policy, network } });
      const signal = new AbortController().signal;
      const origin = "http://slow.example.com";
      const sent = transport.send({ origin, path: "/", method: "GET", headers: {}, signal, timeouts: patient });
      const failed = rejection(sent);
      await new Promise((resolve) => setImmediate(resolve));
      await transport.close();
      const error = await failed;
      assert.ok(error instanceof TransportError && error.code === "gateway_overloaded", String(error));
      assert.equal(clock.pending, 0, "no timer holds the process");
    }
    assert.ok(silent.destroyed);
  });
});
