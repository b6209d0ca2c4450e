import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { Message } from "../../canonical/chat.ts";
import { GatewayError } from "../../canonical/error.ts";
import type { Json } from "../../canonical/json.ts";
import type { MediaSource, Part } from "../../canonical/parts.ts";
import { user } from "../shared/testing/codec.ts";
import { blocksOf, encode, foreign, messagesOf } from "./testing/setting.ts";
import { complaints } from "./testing/strict-api.ts";

const call = (id: string, args = "{}"): Part => ({ type: "tool-call", id, name: "f", arguments: args });
const result = (id: string, text = `r ${id}`): Message => ({
  role: "tool",
  content: [{ type: "tool-result", toolCallId: id, content: [{ type: "text", text }], as: "string" }],
});
const assistant = (...content: readonly Part[]): Message => ({ role: "assistant", content });

test("all results of a turn stand first in one user message, in the order of the calls", () => {
  const { body } = encode(
    foreign({ messages: [user("q"), assistant(call("a"), call("b")), result("b"), result("a"), user("go")] }),
  );
  const messages = messagesOf(body);
  assert.equal(messages.length, 3);
  assert.deepEqual(blocksOf(messages[2]), [
    { type: "tool_result", tool_use_id: "a", content: "r a" },
    { type: "tool_result", tool_use_id: "b", content: "r b" },
    { type: "text", text: "go" },
  ]);
  assert.deepEqual(complaints(body), []);
});

test("orphans are refused before anything is sent, naming the message", () => {
  const bad: readonly [readonly Message[], string][] = [
    [[user("q"), assistant(call("a")), user("go")], "messages[1]"],
    [[user("q"), assistant(call("a"))], "messages[1]"],
    [[user("q"), result("a")], "messages[1]"],
    [[user("q"), assistant(call("a")), result("a"), result("a")], "messages[3]"],
    [[user("q"), assistant(call("a")), result("a"), assistant({ type: "text", text: "x" }), result("a")], "messages[4]"],
  ];
  for (const [messages, param] of bad) {
    assert.throws(
      () => encode(foreign({ messages })),
      (error) =>
        error instanceof GatewayError &&
        error.code === "invalid_request" &&
        error.param === param &&
        error.message.includes(param),
    );
  }
});

test("system text: leading texts in order apart, later ones in place as marked user text", () => {
  const system = (role: "system" | "developer", text: string): Message => ({
    role,
    content: [{ type: "text", text }],
    as: "string",
  });
  const { body, codes } = encode(
    foreign({
      messages: [
        system("system", "A"),
        system("developer", "B"),
        user("q"),
        system("system", "C"),
        assistant({ type: "text", text: "x" }),
      ],
    }),
  );
  assert.deepEqual(body["system"], [
    { type: "text", text: "A" },
    { type: "text", text: "B" },
  ]);
  assert.deepEqual(blocksOf(messagesOf(body)[0]), [
    { type: "text", text: "q" },
    { type: "text", text: "<system>C</system>" },
  ]);
  assert.deepEqual(codes, ["system_in_conversation"]);
  const alone = encode(foreign({ messages: [system("system", "A")] }));
  assert.equal(alone.body["system"], undefined);
  assert.deepEqual(complaints(alone.body), []);
  assert.deepEqual(alone.codes, ["system_as_user"]);
});

test("ids used again in a later turn are renamed with their results", () => {
  const turn = [assistant(call("call_0")), result("call_0")];
  const { body, codes } = encode(foreign({ messages: [user("q"), ...turn, ...turn, ...turn] }));
  assert.deepEqual(complaints(body), []);
  assert.deepEqual(codes, ["tool_call_id_repeated", "tool_call_id_repeated"]);
});

test("empty text goes, messages never become empty, prefills lose trailing space", () => {
  const { body, codes } = encode(foreign({ messages: [user("  "), assistant({ type: "text", text: "and then \n" })] }));
  assert.deepEqual(complaints(body), []);
  assert.deepEqual(codes, ["empty_text_removed", "empty_message_removed", "leading_user_added", "trailing_space_removed"]);
});

/** Any history OpenAI would take: a system text anywhere, calls answered at once in any order. */
const word = fc.string({ unit: fc.constantFrom("a", " ", "é", "\n", "z"), maxLength: 6 });
const ids = fc.uniqueArray(fc.string({ unit: fc.constantFrom("a", "b", "_", ".", ":", "é"), minLength: 1, maxLength: 5 }), {
  minLength: 1,
  maxLength: 4,
});
const text = word.map((value): Part => ({ type: "text", text: value }));
const image = fc.constant<Part>({ type: "image", source: { kind: "url", url: "https://example.com/a.png" } });
const said = (role: "user" | "system" | "developer") =>
  fc
    .array(role === "user" ? fc.oneof(text, image) : text, { minLength: 1, maxLength: 3 })
    .map((content): readonly Message[] => [{ role, content }]);
const answer = fc.array(text, { maxLength: 2 }).map((content): readonly Message[] => [{ role: "assistant", content }]);
const toolTurn = fc
  .tuple(
    ids,
    fc.array(text, { maxLength: 1 }),
    word,
    fc.infiniteStream(fc.nat()),
    fc.constantFrom("{}", "", '{"a":1}', "[1]", "{bad"),
  )
  .map(([names, lead, reply, order, args]): readonly Message[] => [
    assistant(...lead, ...names.map((id) => call(id, args))),
    ...names
      .map((id) => ({ id, at: order.next().value ?? 0 }))
      .sort((a, b) => a.at - b.at)
      .map(({ id }) => result(id, reply)),
  ]);
const history = fc
  .array(fc.oneof(said("user"), said("system"), said("developer"), answer, toolTurn), { minLength: 1, maxLength: 8 })
  .map((turns) => turns.flat());

test("any legal OpenAI history is one the Anthropic API takes", () => {
  fc.assert(
    fc.property(history, (messages) => {
      assert.deepEqual(complaints(encode(foreign({ messages })).body), []);
    }),
    { numRuns: 400 },
  );
});

test("every part is in the body once or among the warnings", () => {
  let number = 0;
  const mark = () => `#${number++}#`;
  const kinds: readonly ((id: string) => Part)[] = [
    (id) => ({ type: "text", text: id }),
    (id) => ({ type: "refusal", text: id }),
    (id) => ({ type: "text", text: " ", extra: { id } }),
    (id) => ({ type: "image", source: { kind: "url", url: `https://x/${id}` } }),
    (id) => ({ type: "image", source: { kind: "file", id } }),
    (id) => ({ type: "document", source: { kind: "base64", mediaType: "application/pdf", data: id } }),
    (id) => ({ type: "document", source: { kind: "base64", mediaType: "application/zip", data: id } }),
    (id) => ({ type: "audio", source: { kind: "base64", mediaType: "audio/wav", data: id } }),
    (id) => ({ type: "audio", transcript: id }),
    (id) => ({ type: "video", source: { kind: "url", url: id } }),
    (id) => ({ type: "reasoning", text: id }),
    (id) => ({ type: "reasoning", text: id, signature: "s", origin: { wire: "gemini" } }),
    (id) => ({ type: "reasoning", text: id, signature: "s", origin: { wire: "anthropic-messages" } }),
    (id) => ({ type: "opaque", origin: { wire: "openai-responses" }, kind: "k", value: { id } }),
    (id) => ({ type: "opaque", origin: { wire: "anthropic-messages" }, kind: "k", value: { type: "k", id } }),
  ];
  const contents = fc.array(fc.nat(kinds.length - 1), { minLength: 1, maxLength: 4 });
  const roles = fc.constantFrom("user" as const, "assistant" as const, "system" as const, "developer" as const);
  const inResult = fc.array(fc.nat(9), { maxLength: 3 });
  fc.assert(
    fc.property(fc.array(fc.tuple(roles, contents), { minLength: 1, maxLength: 6 }), inResult, (turns, inner) => {
      number = 0;
      const make = (at: number): Part => kinds[at]?.(mark()) ?? { type: "text", text: mark() };
      const messages: Message[] = turns.map(([role, list]) => ({ role, content: list.map(make) }));
      const content = inner.map(make);
      messages.push(assistant(call("a")), { role: "tool", content: [{ type: "tool-result", toolCallId: "a", content }] });
      const { body, at } = encode(foreign({ messages }));
      const sent = JSON.stringify(body);
      const paths = new Map<string, string>();
      messages.forEach((message, index) => {
        message.content.forEach((part, inside) => {
          const parts = part.type === "tool-result" ? part.content.entries() : [[-1, part] as const];
          for (const [deep, one] of parts) {
            const id = /#\d+#/.exec(JSON.stringify(one))?.[0];
            if (id !== undefined) paths.set(id, `messages[${index}].content[${inside}]${deep < 0 ? "" : `.content[${deep}]`}`);
          }
        });
      });
      for (const [id, path] of paths) {
        const times = sent.split(id).length - 1;
        const told = at.some((where) => where === path || where?.startsWith(`${path}.`));
        assert(times === 1 || (times === 0 && told), `${id} at ${path}: ${times} times in ${sent}; told: ${JSON.stringify(at)}`);
      }
    }),
    { numRuns: 300 },
  );
});

test("tool arguments become objects, custom tools travel in one, names and ids fit and come back", () => {
  const long = "x".repeat(71);
  const { body, decoder } = encode(
    foreign({
      tools: [
        { type: "function", name: long },
        { type: "custom", name: "sh" },
      ],
      messages: [
        user("q"),
        assistant(
          { type: "tool-call", id: "a.b", name: long, arguments: "" },
          { type: "tool-call", id: "c", name: "sh", arguments: "ls", kind: "custom" },
        ),
        result("a.b"),
        result("c"),
      ],
    }),
  );
  const [first, second] = blocksOf(messagesOf(body)[1]);
  assert.deepEqual(first?.["input"], {});
  assert.deepEqual(second?.["input"], { input: "ls" });
  const sent: Json = first?.["name"] ?? null;
  assert(typeof sent === "string" && sent.length <= 64);
  assert.deepEqual(complaints(body), []);
  const back = decoder.whole({
    content: [
      { type: "tool_use", id: "t1", name: sent, input: {} },
      { type: "tool_use", id: "t2", name: "sh", input: { input: "pwd" } },
    ],
    stop_reason: "tool_use",
  });
  assert.deepEqual(back.choices[0]?.content, [
    { type: "tool-call", id: "t1", name: long, arguments: "{}" },
    { type: "tool-call", id: "t2", name: "sh", arguments: "pwd", kind: "custom" },
  ]);
});

test("what only another cloud can read is reported, not sent", () => {
  const at = (url: string): MediaSource => ({ kind: "url", url });
  const content: readonly Part[] = [
    { type: "text", text: "q" },
    { type: "image", source: at("gs://bucket/a.png") },
    { type: "document", source: at("s3://bucket/a.pdf") },
    { type: "image", source: at("https://example.com/a.png") },
  ];
  const { body, codes } = encode(foreign({ messages: [{ role: "user", content }] }));
  assert.deepEqual(blocksOf(messagesOf(body)[0]).slice(1), [
    { type: "image", source: { type: "url", url: "https://example.com/a.png" } },
  ]);
  assert.equal(codes.length, 2);
});
