import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { after, before, describe, test } from "node:test";
import { z } from "zod";
import { callShowCommand } from "../../../src/cli/call.ts";
import { callListCommand } from "../../../src/cli/call-list.ts";
import { Session } from "../../../src/cli/testing/session.ts";
import { usageCommand } from "../../../src/cli/usage.ts";
import { ledgerFile } from "../../../src/ledger/open.ts";
import { eachOf, suiteFile } from "../../suites/kit.ts";
import { User } from "../cli/run.ts";
import type { Stack } from "../stack.ts";
import { ask, bodyOf, canaries, type Heard } from "./ask.ts";
import { startGuardedStack } from "./guarded-stack.ts";

/* S8: what reads like SQL is text wherever it stands; the books say afterwards what they would have said without it. BLNS in requests: ../../suites/naughty-strings.test.ts. */

const corpus = [
  "' OR '1'='1",
  "' OR 1=1 --",
  '" OR ""="',
  "') OR ('a'='a",
  "')) OR 1=1 /*",
  "1; DROP TABLE entries; --",
  "'; DELETE FROM entries WHERE 1=1; --",
  "'; UPDATE entries SET cost_nano = 0, output_visible = 0; --",
  "'); INSERT INTO entries (attempt_id) VALUES ('x'); --",
  "' UNION SELECT key_id, labels FROM entries --",
  "' UNION ALL SELECT NULL, NULL, NULL, NULL --",
  "1' AND (SELECT count(*) FROM sqlite_master) > 0 --",
  "' AND randomblob(500000000) --",
  "' || (SELECT group_concat(sql) FROM sqlite_master) || '",
  "'; ATTACH DATABASE 'x.db' AS x; --",
  "'; PRAGMA writable_schema = 1; --",
  "'; SELECT load_extension('x'); --",
  "'; VACUUM INTO 'x.db'; --",
  "\\' OR 1=1 --",
  "%27%20OR%201=1",
  "%",
  "_",
  "%%%_%_%",
  "\\%",
  "\\",
  "[a-z]*",
  "'",
  '"',
  "`",
  "''",
  ";",
  "--",
  "/*",
  "?",
  "?1",
  ":id",
  "$1",
  "@x",
  "team') OR 1=1 --",
  '$.team"]',
  "$[0]",
  "admin'/*",
  "0x27",
  "ʼ OR ʼ1ʼ=ʼ1",
  "＇ OR 1=1",
  "1e309",
  "-9223372036854775809",
] as const;

/** How databases complain. */
const complaint =
  /syntax error|unrecognized token|no such (?:table|column|function)|SQLITE_[A-Z]|constraint failed|malformed database|LIKE or GLOB/;
/syntax error|unrecognized token|no such (?:table|column|function)|SQLITE_|constraint failed|malformed|LIKE or GLOB/i;

const report = z.object({
  lines: z.array(z.object({ label: z.string().nullish(), calls: z.number() })),
  total: z.object({ calls: z.number(), attempts: z.number(), costNano: z.number().nullish() }).loose(),
});
const list = z.array(z.object({ model: z.string(), key: z.string() }));
const secretOf = (at: number): string => `pg-sql-${at}-0123456789abcdef`;

describe("S8: SQL in every text", { timeout: 110_000 }, () => {
  let stack: Stack;
  let schema: unknown;
  before(async () => {
    const keys = [
      { id: "dev", secret: canaries.key },
      ...corpus.map((text, at) => ({ id: `s${at}`, secret: secretOf(at), labels: { [text]: text, team: text } })),
    ];
    stack = await startGuardedStack({ keys: false, yaml: `keys: ${JSON.stringify(keys)}` });
    for (let at = 0; at < 5; at++)
      await ask(stack.address, "openai", bodyOf("openai", "oai/echo", at % 2 === 0), { key: canaries.key });
    await stack.ledger();
    schema = tables();
  });
  after(() => stack.close());

  function tables(): unknown {
    const db = new DatabaseSync(ledgerFile(stack.dataDir), { readOnly: true });
    try {
      assert.deepEqual({ ...db.prepare("PRAGMA integrity_check").get() }, { integrity_check: "ok" });
      return db.prepare("SELECT name, sql FROM sqlite_master ORDER BY name").all();
    } finally {
      db.close();
    }
  }
  const clean = ({ status, text, headers }: Heard, what: string): void => {
    assert.ok(status < 500, `${what}: ${status} ${text}`);
    assert.ok(!complaint.test(text + JSON.stringify(headers)), `${what}: ${text}`);
  };
  const own = async () => (await stack.ledger()).filter((row) => row.key_id === "dev");

  test("S8: in each place of a request: no complaint of a database, the rows of others as they were", async (t) => {
    const before = await own();
    assert.equal(before.length, 5);
    let sent = 0;
    await eachOf(corpus, async (text) => {
      const key = secretOf(corpus.indexOf(text));
      const segment = encodeURIComponent(text);
      const legal = /^[\x21-\x7e][\x20-\x7e]*$/.test(text) && !text.endsWith(" ");
      const headers = {
        "x-request-id": text,
        "idempotency-key": text,
        "user-agent": text,
        traceparent: text,
        cookie: `k=${text}`,
      };
      const message = { role: "user", content: text, name: text };
      const tools = [
        { type: "function", function: { name: text, description: text, parameters: { type: "object", [text]: text } } },
      ];
      const bodies = [
        { model: "oai/echo", messages: [message], user: text, metadata: { [text]: text }, safety_identifier: text },
        { model: "ant/echo", messages: [message], user: text, tools },
        { model: `oai/${text}`, messages: [message] },
        { model: text, messages: [message] },
      ];
      for (const body of bodies) {
        clean(await ask(stack.address, "openai", body, { key, ...(legal && { headers }) }), `${text} in ${JSON.stringify(body)}`);
      }
      const paths = [
        ["GET", `/v1/responses/${segment}`],
        ["DELETE", `/v1/responses/${segment}`],
        ["GET", `/v1/models/${segment}`],
        ["GET", `/v1/models?limit=${segment}&after_id=${segment}&order=${segment}`],
        ["POST", `/v1beta/models/oai%2F${segment}:generateContent`],
        ["POST", `/v1/chat/completions?order=${segment}`],
      ] as const;
      for (const [method, path] of paths)
        clean(await ask(stack.address, "openai", "{}", { key, method, path }), `${method} ${path}`);
      const previous = { model: "oai/echo", input: text, previous_response_id: text, conversation: text };
      clean(await ask(stack.address, "openai", previous, { key, path: "/v1/responses" }), `${text} as an answer's id`);
      sent += bodies.length + paths.length + 1;
    });
    assert.deepEqual(await own(), before);
    assert.deepEqual(tables(), schema);
    assert.deepEqual(stack.troubles, []);
    t.diagnostic(`S8: ${corpus.length} texts in ${sent} requests: 0 complaints, 0 rows of others changed`);
  });

  test("S8: as a key nobody is let in, and none is counted", async () => {
    const before = (await stack.ledger()).length;
    for (const text of corpus) {
      if (!/^[\x21-\x7e][\x20-\x7e]*$/.test(text)) continue;
      for (const headers of [{ authorization: `Bearer ${text}` }, { "x-api-key": text }, { "x-goog-api-key": text }]) {
        const heard = await ask(stack.address, "openai", bodyOf("openai", "oai/echo", false), { headers });
        assert.ok(heard.status === 401 || heard.status === 429, `${text}: ${heard.status}`);
        clean(heard, text);
      }
    }
    assert.equal((await stack.ledger()).length, before);
  });

  test("S8: the command line finds what bears such a name, no more and no less", async (t) => {
    const rows = await stack.ledger();
    const naughty = suiteFile("big-list-of-naughty-strings/blns.json");
    const strings = [...corpus, ...(naughty === undefined ? [] : z.array(z.string()).parse(JSON.parse(naughty.toString())))];
    const { dataDir } = stack;
    const run = async (command: (ports: Session) => Promise<number>): Promise<{ code: number; out: string }> => {
      const session = new Session({ wall: Date.now() });
      const code = await command(session);
      assert.ok(!complaint.test(session.errors.join("\n")), session.errors.join("\n"));
      return { code, out: session.lines.join("\n") };
    };
    const json = true;
    const whole = report.parse(
      JSON.parse((await run((ports) => usageCommand({ dataDir, since: "1h", by: "key", json, ports }))).out),
    ).total;
    assert.equal(whole.attempts, rows.length);
    for (const text of strings) {
      const used = await run((ports) => usageCommand({ dataDir, since: "1h", by: `label:${text}`, json, ports }));
      if (text === "" || /[\n\r\u2028\u2029]/.test(text)) assert.ok(used.code === 2 || used.code === 0);
      else {
        const { lines, total } = report.parse(JSON.parse(used.out));
        assert.deepEqual(total, whole, text);
        const bearing = lines.filter(({ label }) => label !== null && label !== undefined).map(({ label }) => label);
        const inCorpus = corpus.some((one) => one === text);
        if (text !== "team") assert.deepEqual(bearing, inCorpus ? [text] : [], text);
      }
      const since = await run((ports) => usageCommand({ dataDir, since: text, until: text, by: "model", json, ports }));
      assert.ok(since.code === 0 || since.code === 2, text);
      const common = { dataDir, since: "1h", errors: false, limit: 10_000, json };
      const byKey = await run((ports) => callListCommand({ ...common, key: text, ports }));
      assert.deepEqual(list.parse(JSON.parse(byKey.out)), [], text);
      const byModel = await run((ports) => callListCommand({ ...common, model: text, ports }));
      const low = (name: string): string => name.replaceAll(/[A-Z]/g, (letter) => letter.toLowerCase());
      const meant = rows.filter(({ requested_model, served_model, upstream_model }) =>
        [requested_model, served_model ?? upstream_model].some((name) => low(name).includes(low(text))),
      );
      assert.equal(list.parse(JSON.parse(byModel.out)).length, new Set(meant.map(({ call_id }) => call_id)).size, text);
      assert.equal((await run((ports) => callShowCommand({ id: text, dataDir, json, ports }))).code, 1, text);
    }
    assert.deepEqual(await stack.ledger(), rows);
    assert.deepEqual(tables(), schema);
    t.diagnostic(`S8: ${strings.length} texts in 6 arguments: ${rows.length} rows counted each time, none changed`);
  });

  test("S8: so does the program itself", async () => {
    const rows = await stack.ledger();
    const user = new User(
      `data_dir: ${stack.dataDir}\nproviders: { none: { wire: openai-chat, base_url: "http://127.0.0.1:9/v1", api_key: none } }\n`,
    );
    try {
      for (const text of ["' OR '1'='1", "'; DELETE FROM entries; --", "%", "team') OR 1=1 --"]) {
        const used = await user.run(["usage", "--by", `label:${text}`, "--json"]);
        assert.equal(report.parse(JSON.parse(used.out)).total.attempts, rows.length, used.err);
        const shown = await user.run(["call", "show", "--", text]);
        assert.equal(shown.code, 1);
        assert.match(shown.err, /knows no call/);
        const listed = await user.run(["call", "list", `--key=${text}`, "--json"]);
        assert.deepEqual(JSON.parse(listed.out), []);
        for (const { out, err } of [used, shown, listed]) assert.ok(!complaint.test(out + err), out + err);
      }
    } finally {
      user.leave();
    }
    assert.deepEqual(await stack.ledger(), rows);
  });
});
