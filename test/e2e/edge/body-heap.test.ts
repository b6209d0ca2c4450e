import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, request } from "node:http";
import { after, test } from "node:test";
import { ask, gateway, secret, yaml } from "../operations/kit.ts";

/* Bodies that are small on the wire and large in memory. What one caller sends must not end the process for all. */

const cleanups: (() => unknown)[] = [];
after(() => {
  for (const clean of cleanups) clean();
});

/** A provider that takes calls and never answers. */
async function silent() {
  const waiting: (() => void)[] = [];
  let taken = 0;
  const server = createServer((incoming) => {
    incoming.resume();
    incoming.on("end", () => {
      // The gateway asks for its list of models, too.
      if (incoming.method !== "POST") return;
      taken++;
      for (const wake of waiting.splice(0)) wake();
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  cleanups.push(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return { url: `http://127.0.0.1:${port}`, next: () => new Promise<void>((wake) => waiting.push(wake)), taken: () => taken };
}

const shapes = [
  ["{}", 310_000],
  ['{"7":0}', 310_000],
  ["[[]]", 310_000],
] as const;

for (const [item, count] of shapes) {
  test(`S4: 150 bodies of ${count} ${item} leave a gateway with 512 MB of heap standing`, { timeout: 100_000 }, async (t) => {
    const provider = await silent();
    const { address, program } = await gateway(yaml(provider), { node: ["--max-old-space-size=512"] });
    const list = `[${`${item},`.repeat(count - 1)}${item}]`;
    const body = Buffer.from(`{"model":"up/m","messages":[{"role":"user","content":"hi"}],"x":${list}}`);
    const statuses = new Map<number, number>();
    for (let number = 0; number < 150; number++) {
      const forwarded = provider.next();
      const headers = { "content-type": "application/json", authorization: `Bearer ${secret}`, "content-length": body.length };
      const sent = request(`${address}/v1/chat/completions`, { method: "POST", headers, agent: false });
      cleanups.push(() => sent.destroy());
      const answered = new Promise<void>((resolve, reject) => {
        sent.on("error", reject);
        sent.on("response", (response) => {
          const status = response.statusCode ?? 0;
          statuses.set(status, (statuses.get(status) ?? 0) + 1);
          response.resume().on("end", resolve);
        });
      });
      answered.catch(() => {});
      sent.end(body);
      await Promise.race([forwarded, answered]);
    }
    assert.equal((await ask(`${address}/healthz`)).status, 200);
    assert.equal(program.child.exitCode, null);
    const said = [...statuses].map(([status, times]) => `${times} × ${status}`).join(", ");
    t.diagnostic(`${(body.length / 1e6).toFixed(1)} MB each: ${provider.taken()} under way, ${said}`);
    assert.deepEqual([...statuses.keys()], [503]);
    assert.ok(provider.taken() >= 1 && provider.taken() + (statuses.get(503) ?? 0) === 150);
    program.child.kill("SIGKILL");
  });
}
