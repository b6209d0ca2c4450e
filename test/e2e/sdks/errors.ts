import assert from "node:assert/strict";
import type { Check, Context } from "./check.ts";
import type { ErrorKind, Fault, WireName, Wish } from "./driver.ts";

/* What goes wrong arrives as the SDK's own error, as if its own provider had sent it. */

/** The error that the SDK throws. */
async function thrownBy({ driver, place }: Context, wish: Omit<Wish, "prompt">, key = place.key): Promise<Fault> {
  const prompt = "one two three four five six seven eight nine ten eleven twelve";
  try {
    await driver.ask({ ...place, key }, { ...wish, prompt });
  } catch (thrown) {
    const fault = driver.fault(thrown);
    if (fault === undefined) throw thrown;
    return fault;
  }
  return assert.fail("no error was thrown");
}

/** A request that the upstream refuses. `again`: the gateway tries twice more before it gives up. */
interface Refusal {
  readonly name: string;
  readonly kind: ErrorKind;
  readonly status: number;
  readonly model: string;
  readonly again: boolean;
}

const refusals: readonly Refusal[] = [
  { name: "400", kind: "400", status: 400, model: "fault:400", again: false },
  { name: "the gateway's credential", kind: "401", status: 401, model: "fault:401", again: false },
  { name: "403", kind: "403", status: 403, model: "fault:403", again: false },
  { name: "404", kind: "404", status: 404, model: "missing", again: false },
  { name: "429", kind: "429", status: 429, model: "fault:429:ms:20", again: true },
  { name: "500", kind: "500", status: 500, model: "fault:500", again: true },
  { name: "529", kind: "529", status: 529, model: "fault:529", again: true },
  { name: "overflow", kind: "overflow", status: 400, model: "fault:context-overflow", again: false },
];

/** Services that tell it to their own SDKs by 400 and a word. */
const byWord: { readonly [wire in WireName]?: string } = { "openai-responses": "404", gemini: "401" };

const refused = ({ name, kind, status, model, again }: Refusal, stream: boolean): Check => ({
  name: stream ? `${name}, streamed` : name,
  breaks: true,
  async run(context) {
    const { driver, upstream, throughGateway } = context;
    const fault = await thrownBy(context, { model: context.model(model), stream });
    const own = driver.wire === upstream && byWord[upstream] === kind;
    assert.deepEqual([fault.kind, fault.status], own ? [driver.kinds["400"], 400] : [driver.kinds[kind], status]);
    assert.equal(context.received().length, throughGateway && again ? 3 : 1, "how often it was tried");
    if (!throughGateway) return;
    assert.match(fault.message, /call_[0-9a-f]{32}/);
    if (kind === "429") assert.ok(Number(fault.retryAfter) > 0, `retry after ${fault.retryAfter}`);
    for (const row of await context.rows()) assert.equal(row.terminal, "error");
  },
});

const broken = (name: string, model: string, terminal: string): Check => ({
  name,
  breaks: true,
  async run(context) {
    const fault = await thrownBy(context, { model: context.model(model), stream: true });
    assert.equal(fault.kind, context.driver.kinds.stream);
    assert.equal(context.received().length, 1, "it is not begun again");
    for (const row of await context.rows()) assert.equal(row.terminal, terminal);
  },
});

/** The gateway itself refuses, and asks nobody. */
const ours = (kind: "401" | "404", name: string, model: (context: Context) => string, key?: string): Check => ({
  name,
  breaks: true,
  async run(context) {
    const fault = await thrownBy(context, { model: model(context), stream: false }, key);
    assert.deepEqual([fault.kind, fault.status], [context.driver.kinds[kind], Number(kind)]);
    assert.deepEqual(context.received(), []);
  },
});

export const errors: readonly Check[] = [
  ...refusals.flatMap((refusal) => [refused(refusal, false), refused(refusal, true)]),
  broken("error in a stream", "fault:error-event:6", "error"),
  broken("stream broken off", "fault:truncate:6", "truncated"),
  ours("401", "unknown key", ({ model }) => model("echo"), "not-a-key"),
  ours("404", "unknown provider", () => "nowhere/echo"),
];
