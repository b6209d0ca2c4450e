import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { type CallRoute, type Route, routeTable } from "../../../src/ingress/routes.ts";
import { type FourWires, startFourWires } from "../pains/kit/four-wires.ts";
import { ask } from "../reliability/ask.ts";
import { askings } from "./bodies.ts";

/* Pains #11, guards: every route that costs money x {refuse, redact} x {whole, stream} x {relayed, translated}. */

const mail = "jane.doe@example.com";
const text = `Please write to ${mail} today.`;

const isCall = (route: Route): route is CallRoute => route.kind === "call";
const routes = routeTable("off")
  .routes.filter(({ policy }) => policy === "inference")
  .filter(isCall);
const asking = routes.filter(({ operation }) => operation !== "stored");
const stored = routes.filter(({ operation }) => operation === "stored");

const family = (route: CallRoute): "openai" | "anthropic" => (route.family === "anthropic" ? "anthropic" : "openai");

describe("#11: guards on the live table of routes", { timeout: 110_000 }, () => {
  const stacks = new Map<string, FourWires>();
  before(async () => {
    for (const side of ["input", "output"]) {
      for (const action of ["refuse", "redact"]) {
        const yaml = `guards: { ${side}: { pii: ${action} } }`;
        stacks.set(`${side} ${action}`, await startFourWires({ yaml }));
      }
    }
  });
  after(async () => {
    for (const stack of stacks.values()) await stack.close();
  });
  const of = (name: string): FourWires => {
    const stack = stacks.get(name);
    if (stack === undefined) throw new Error(name);
    return stack;
  };

  it("input, refuse: 400 by name and path, and no provider hears of it", async (t) => {
    const stack = of("input refuse");
    let cells = 0;
    for (const route of asking) {
      for (const { path, body, stream, provider } of askings(route, text)) {
        const { status, text: answer } = await ask(stack.address, family(route), body, { key: stack.key, path });
        const cell = `${path} at ${provider}${stream ? ", stream" : ""}: ${answer}`;
        assert.equal(status, 400, cell);
        assert.match(answer, /personal data \(email\) at `[a-z]+[\w.[\]]*`/, cell);
        assert.ok(!answer.includes("jane"), cell);
        cells++;
      }
    }
    assert.equal(stack.provider.journal.received, 0);
    t.diagnostic(`${asking.length} routes, ${cells} cells, ${cells} refused, 0 upstream calls`);
  });

  it("input, redact: the provider gets everything but that", async (t) => {
    const stack = of("input redact");
    let cells = 0;
    for (const route of asking) {
      for (const { path, body, stream, provider } of askings(route, text)) {
        const { received } = stack.provider.journal;
        const { status, text: answer, headers } = await ask(stack.address, family(route), body, { key: stack.key, path });
        const cell = `${path} at ${provider}${stream ? ", stream" : ""}: ${answer.slice(0, 500)}`;
        assert.equal(status, 200, cell);
        assert.match(headers["x-polygate-warnings"] ?? "", /guard_pii_redacted at=/, cell);
        assert.ok(!answer.includes("jane"), cell);
        cells++;
        // Counts that the provider has no endpoint for are estimated here.
        if (route.operation === "count-tokens" && stack.provider.journal.received === received) continue;
        assert.equal(stack.provider.journal.received, received + 1, cell);
        const sent = JSON.stringify(stack.provider.journal.entries.at(-1)?.body);
        assert.ok(sent.includes("Please write to [redacted:email] today.") && !sent.includes("jane"), `${cell} ${sent}`);
      }
    }
    t.diagnostic(`${asking.length} routes, ${cells} cells, all of them redacted`);
  });

  it("output, refuse: nothing of it is sent, and the answer is no answer", async (t) => {
    const stack = of("output refuse");
    let cells = 0;
    for (const route of asking.filter(({ operation }) => operation === "chat")) {
      for (const { path, body, stream, provider } of askings(route, text)) {
        const { status, text: answer } = await ask(stack.address, family(route), body, { key: stack.key, path });
        const cell = `${path} at ${provider}${stream ? ", stream" : ""}: ${answer}`;
        assert.equal(status, stream ? 200 : 400, cell);
        assert.match(answer, /answer held personal data \(email\)/, cell);
        assert.ok(!answer.includes("jane") && !answer.includes("example.com"), cell);
        assert.ok(
          !/"(?:finish_reason|finishReason|stop_reason)":\s*"(?:stop|STOP|end_turn)"|response\.completed|\[DONE\]/.test(answer),
          cell,
        );
        cells++;
      }
    }
    t.diagnostic(`${cells} cells, ${cells} refused`);
  });

  it("output, redact: the answer comes without it, and ends well", async (t) => {
    const stack = of("output redact");
    let cells = 0;
    for (const route of asking.filter(({ operation }) => operation === "chat")) {
      for (const { path, body, stream, provider } of askings(route, text)) {
        const { status, text: answer } = await ask(stack.address, family(route), body, { key: stack.key, path });
        const cell = `${path} at ${provider}${stream ? ", stream" : ""}: ${answer}`;
        assert.equal(status, 200, cell);
        assert.ok(!answer.includes("jane") && !answer.includes("example.com"), cell);
        assert.ok(answer.includes("[redacted:email]"), cell);
        assert.match(
          answer,
          /"(?:finish_reason|finishReason|stop_reason)":\s*"(?:stop|STOP|end_turn)"|"status":\s*"completed"/,
          cell,
        );
        cells++;
      }
    }
    t.diagnostic(`${cells} cells, ${cells} redacted`);
  });

  it("answers that a provider keeps are looked through when they are asked for", async (t) => {
    const open = await startFourWires();
    try {
      const { url } = open.provider;
      let cells = 0;
      for (const action of ["refuse", "redact"]) {
        const guarded = await startFourWires({ upstream: url, yaml: `guards: { output: { pii: ${action} } }` });
        try {
          for (const route of stored) {
            const made = await open.post("openai-responses", "res/echo", { input: text, store: true });
            const { id } = JSON.parse(made.text);
            assert.ok(made.text.includes(mail));
            const path = route.path.replace("{id}", id);
            const heard = await ask(guarded.address, "openai", "", { key: guarded.key, path, method: route.method });
            const cell = `${route.method} ${path} ${action}: ${heard.status} ${heard.text}`;
            assert.ok(!heard.text.includes("jane"), cell);
            // What is deleted, or was whole already, is not shown.
            const shown = route.method === "GET";
            if (shown) assert.equal(heard.status, action === "refuse" ? 400 : 200, cell);
            if (shown && action === "redact") assert.ok(heard.text.includes("[redacted:email]"), cell);
            cells++;
          }
        } finally {
          await guarded.close();
        }
      }
      t.diagnostic(`${stored.length} routes of kept answers, ${cells} cells`);
    } finally {
      await open.close();
    }
  });

  it("no route is missing, and one that nobody thought of fails", () => {
    assert.ok(asking.length >= 40 && stored.length >= 8, `${asking.length} and ${stored.length}`);
    const [first] = routes;
    assert.ok(first);
    assert.throws(() => askings({ ...first, operation: "stored" }, text), /add one/);
  });
});
