import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer, type Server } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { getCACertificates, setDefaultCACertificates } from "node:tls";
import { systemClock } from "./clock.ts";
import { EgressPolicy } from "./egress.ts";
import { PublicFetcher } from "./fetch-public.ts";
import { HttpTransport, readAll, TransportError } from "./http-transport.ts";
import { patient, rejection } from "./testing/harness.ts";
import { publicAddress, TestNetwork, testClassify } from "./testing/network.ts";

const openssl = spawnSync("openssl", ["version"]).status === 0;

/** A certificate of its own authority for one name. */
function certificate(name: string): { readonly key: Buffer; readonly cert: Buffer } {
  const folder = mkdtempSync(join(tmpdir(), "polygate-tls-"));
  try {
    const [key, cert] = [join(folder, "key.pem"), join(folder, "cert.pem")];
    const how = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "1"];
    const made = spawnSync("openssl", [
      ...how,
      "-keyout",
      key,
      "-out",
      cert,
      "-subj",
      `/CN=${name}`,
      "-addext",
      `subjectAltName=DNS:${name}`,
    ]);
    assert.equal(made.status, 0, made.stderr.toString());
    return { key: readFileSync(key), cert: readFileSync(cert) };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

describe("TLS", { skip: openssl ? false : "openssl is not there" }, () => {
  const servers: Server[] = [];
  const before = getCACertificates("default");
  after(() => {
    setDefaultCACertificates(before);
    for (const server of servers) {
      server.closeAllConnections();
      server.close();
    }
  });

  /** A server on the "public" address, trusted, and what its connections were asked for by name. */
  async function serve(name: string, answer: (request: IncomingMessage, reply: ServerResponse) => void) {
    const { key, cert } = certificate(name);
    setDefaultCACertificates([...getCACertificates("default"), cert.toString()]);
    const asked: string[] = [];
    const server = createServer(
      {
        key,
        cert,
        SNICallback: (given, done) => {
          asked.push(given);
          done(null);
        },
      },
      answer,
    );
    servers.push(server);
    const port = await new Promise<number>((resolve) => {
      server.listen(0, publicAddress, () => {
        const address = server.address();
        resolve(typeof address === "object" && address !== null ? address.port : 0);
      });
    });
    return { port, asked };
  }

  const policy = new EgressPolicy({ allow: [], classify: testClassify });
  const network = new TestNetwork();
  const egress = { policy: () => policy, network };

  it("is spoken by the name that was asked for, to the address that was judged", async () => {
    const { port, asked } = await serve("api.example.com", (_, reply) => reply.end("ok"));
    network.name("api.example.com", [publicAddress]).name("other.example.com", [publicAddress]);
    const transport = new HttpTransport({ clock: systemClock, egress });
    const send = (host: string) => {
      const signal = new AbortController().signal;
      const origin = `https://${host}:${port}`;
      return transport.send({ origin, path: "/", method: "GET", headers: {}, signal, timeouts: patient });
    };
    const reply = await send("api.example.com");
    assert.equal(Buffer.from(await readAll(reply.body, 10)).toString(), "ok");
    const error = await rejection(send("other.example.com"));
    assert.ok(error instanceof TransportError && error.code === "unreachable" && !error.requestSent, String(error));
    assert.deepEqual(asked, ["api.example.com", "other.example.com"]);
    await transport.close();
  });

  it("is not left by a redirect", async () => {
    let plain = "";
    const { port } = await serve("files.example.com", ({ url }, reply) => {
      reply.writeHead(302, { location: url === "/down" ? plain : "/down" }).end();
    });
    plain = `http://files.example.com:${port}/`;
    network.name("files.example.com", [publicAddress]);
    const fetcher = new PublicFetcher(egress, systemClock);
    const asked = { types: ["text/"], maxBytes: 10, totalMs: 5000, signal: new AbortController().signal };
    const got = await fetcher.get({ ...asked, url: `https://files.example.com:${port}/` });
    assert.deepEqual(got, { ok: false, refused: true, why: "it leads from https to http" });
  });
});
