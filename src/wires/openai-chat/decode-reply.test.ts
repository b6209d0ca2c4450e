import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { ChatChunk, Choice } from "../../canonical/chat.ts";
import { GatewayError } from "../../canonical/error.ts";
import type { Json, JsonObject } from "../../canonical/json.ts";
import { decoder, delta, events, readStream } from "./testing/setting.ts";

const call = (fields: JsonObject): JsonObject => ({ tool_calls: [fields] });
const first = (chunks: Json[], done = true): Choice => {
  const choice = readStream(events(...chunks, ...(done ? ["[DONE]"] : []))).result.choices[0];
  assert.ok(choice);
  return choice;
};
const calls = (choice: Choice): readonly (readonly string[])[] =>
  choice.content.flatMap((part) => (part.type === "tool-call" ? [[part.id, part.name, part.arguments]] : []));
const said = (choice: Choice): string =>
  choice.content.map((part) => ("text" in part ? `${part.type}:${part.text}` : part.type)).join(" ");

describe("parallel tool calls", () => {
  it("interleaved by index", () => {
    const choice = first([
      delta(call({ index: 0, id: "a", type: "function", function: { name: "f", arguments: "" } })),
      delta(call({ index: 1, id: "b", type: "function", function: { name: "g", arguments: '{"y"' } })),
      delta(call({ index: 0, function: { arguments: '{"x":' } })),
      delta(call({ index: 1, function: { arguments: ":2}" } })),
      delta(call({ index: 0, function: { arguments: "1}" } })),
      delta({}, "tool_calls"),
    ]);
    assert.deepEqual(calls(choice), [
      ["a", "f", '{"x":1}'],
      ["b", "g", '{"y":2}'],
    ]);
  });

  it("two ids on the same index", () => {
    const choice = first([
      delta(call({ index: 0, id: "a", function: { name: "f", arguments: "{}" } })),
      delta(call({ index: 0, id: "b", function: { name: "f", arguments: '{"x":1}' } }), "tool_calls"),
    ]);
    assert.deepEqual(calls(choice), [
      ["a", "f", "{}"],
      ["b", "f", '{"x":1}'],
    ]);
  });

  it("without index or id: each name begins one, ids are made up and differ", () => {
    const one = { id: "", type: "function", function: { name: "f", arguments: "{}" } };
    const choice = first([delta(call(one)), delta(call(one)), delta(call(one), "stop")]);
    assert.equal(new Set(calls(choice).map(([id]) => id)).size, 3);
    assert.ok(calls(choice).every(([id]) => /^call_[0-9a-z]+$/.test(id ?? "")));
    assert.equal(choice.finish.reason, "tool-calls");
  });

  it("whole calls on index 0 without ids", () => {
    const one = { index: 0, function: { name: "f", arguments: '{"x":1}' } };
    assert.equal(calls(first([delta(call(one)), delta(call(one), "stop")])).length, 2);
  });

  it("the id, the name or empty ones repeated with every delta", () => {
    for (const repeated of [{ id: "a" }, { id: "" }, { id: null }, { id: "a", function: { name: "f" } }]) {
      const rest = { index: 0, ...repeated, function: { arguments: "1}", ...(repeated.function ?? {}) } };
      const choice = first([delta(call({ index: 0, id: "a", function: { name: "f", arguments: '{"x":' } })), delta(call(rest))]);
      assert.deepEqual(calls(choice), [["a", "f", '{"x":1}']]);
    }
  });

  it("arguments as objects, null and none", () => {
    const given = (value: Json): JsonObject => ({ id: `id${JSON.stringify(value)}`, function: { name: "f", arguments: value } });
    const choice = first([delta({ tool_calls: [given({ x: 1 }), given(null), given("")] }, "tool_calls")]);
    assert.deepEqual(
      calls(choice).map(([, , written]) => written),
      ['{"x":1}', "{}", "{}"],
    );
  });

  it("legacy function_call", () => {
    const choice = first([
      delta({ function_call: { name: "f", arguments: "" } }),
      delta({ function_call: { arguments: "{}" } }, "function_call"),
    ]);
    assert.equal(calls(choice)[0]?.[1], "f");
    assert.deepEqual(choice.finish, { reason: "tool-calls", raw: "function_call" });
  });
});

describe("the finish reason", () => {
  const tool = call({ index: 0, id: "a", function: { name: "f", arguments: "{}" } });
  const table: readonly (readonly [what: string, body: JsonObject, word: string | null, reason: string])[] = [
    ["text and tool, stop", { content: "x", ...tool }, "stop", "tool-calls"],
    ["tool only", tool, "tool_calls", "tool-calls"],
    ["tool cut", tool, "length", "length"],
    ["tool filtered", tool, "content_filter", "content-filter"],
    ["tool_calls without any", { content: "x" }, "tool_calls", "stop"],
    ["length", { content: "x" }, "length", "length"],
    ["empty word", { content: "x" }, "", "stop"],
    ["no word", { content: "x" }, null, "stop"],
    ["eos", { content: "x" }, "eos", "stop"],
    ["mistral's", { content: "x" }, "model_length", "length"],
    ["unheard of", { content: "x" }, "moon", "other"],
    ["error", { content: "x" }, "error", "error"],
  ];
  for (const [what, body, word, reason] of table) {
    it(what, () => {
      const streamed = first([delta(body, word === "" ? "" : null), delta({}, word)]).finish;
      const whole = decoder().whole({ id: "c", model: "m", choices: [{ index: 0, message: body, finish_reason: word }] });
      assert.deepEqual(streamed, { reason, raw: word || null });
      assert.deepEqual(whole.choices[0]?.finish, { reason, raw: word || null });
    });
  }

  it('"" on every chunk is no reason, and one repeated on every chunk does not end anything early', () => {
    assert.equal(said(first([delta({ content: "a" }, ""), delta({ content: "b" }, "")])), "text:ab");
    assert.equal(said(first([delta({ content: "a" }, "stop"), delta({ content: "b" }, "stop")])), "text:ab");
  });
});

describe("how a stream ends", () => {
  it("is whole at the marker, or once every choice that was asked for has its reason", () => {
    assert.equal(readStream(events(delta({ content: "a" }), "[DONE]")).ended, true);
    assert.equal(readStream(events(delta({ content: "a" }))).ended, false);
    assert.equal(readStream(events(delta({ content: "a" }, "stop"))).ended, true);
    assert.equal(readStream(events(delta({ content: "a" }, "stop")), decoder(2)).ended, false);
    assert.equal(readStream(events(delta({}, "stop"), delta({}, "stop", 1)), decoder(2)).ended, true);
  });

  it("is other for words that objects know by themselves", () => {
    for (const word of ["constructor", "__proto__", "valueOf"]) {
      assert.deepEqual(first([delta({ content: "a" }, word)]).finish, { reason: "other", raw: word });
    }
  });

  it("gives no finish for what was cut off", () => {
    const { chunks } = readStream(events(delta({ content: "a" })));
    assert.deepEqual(
      chunks.map((chunk) => chunk.type),
      ["start", "part-start", "part-delta", "part-end"],
    );
  });

  it("survives data that is no chunk", () => {
    const { result } = readStream(events("null", "5", '"x"', "[]", "{bad", "", delta({ content: "a" }), "[DONE]"));
    assert.equal(result.choices.length, 1);
    const reader = decoder();
    reader.push({ data: "{bad" });
    assert.deepEqual(
      reader.warnings?.map((warning) => warning.code),
      ["malformed_event_skipped"],
    );
  });
});

describe("errors inside a 200", () => {
  const errorOf = (chunks: readonly ChatChunk[]) => chunks.find((chunk) => chunk.type === "error")?.error;
  it("are chunks of a stream", () => {
    const told = errorOf(readStream(events({ error: { message: "Overloaded", code: 529 } })).chunks);
    assert.equal(told?.code, "overloaded");
    const named = errorOf(readStream([{ event: "error", data: '{"message":"x","type":"rate_limit_error"}' }]).chunks);
    assert.equal(named?.code, "rate_limited");
    const beside: JsonObject = { ...delta({ content: "" }, "error"), error: { code: "server_error", message: "gone" } };
    assert.equal(errorOf(readStream(events(beside)).chunks)?.code, "provider_error");
  });

  it("are thrown for a whole body, as is a body that is none", () => {
    const code = (body: JsonObject) => {
      try {
        return decoder().whole(body).id;
      } catch (thrown) {
        return thrown instanceof GatewayError ? thrown.code : thrown;
      }
    };
    assert.equal(code({ error: { message: "slow down", code: 429 } }), "rate_limited");
    assert.equal(code({ message: "hello" }), "bad_reply");
  });
});

describe("reasoning", () => {
  const signed = { type: "reasoning.text", text: "hm", signature: "sig==", format: "x", index: 0 };
  it("in two fields alike is taken once, its signature kept", () => {
    const choice = first([delta({ reasoning: "hm", reasoning_details: [signed] }), delta({ content: "yes" }, "stop")]);
    assert.equal(said(choice), "reasoning:hm text:yes");
    const [part] = choice.content;
    assert.ok(part?.type === "reasoning" && part.signature === "sig==");
  });

  it("that is encrypted is a part of its own, byte-exact", () => {
    const choice = first([delta({ reasoning_details: [{ type: "reasoning.encrypted", data: "gAAA==", id: "rs_1" }] }, "stop")]);
    const [part] = choice.content;
    assert.ok(part?.type === "reasoning" && part.encrypted === "gAAA==" && part.id === "rs_1");
  });

  it("in content that is a list, and in turns with text", () => {
    const thought = (text: string): JsonObject => ({ content: [{ type: "thinking", thinking: [{ type: "text", text }] }] });
    assert.equal(said(first([delta(thought("a")), delta(thought("b")), delta({ content: "c" })])), "reasoning:ab text:c");
    const turns = [{ reasoning_content: "a" }, { content: "b" }, { reasoning_content: "c" }, { content: "d" }];
    assert.equal(said(first(turns.map((turn) => delta(turn)))), "reasoning:a text:b reasoning:c text:d");
  });
});

describe("usage", () => {
  const counts = { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 };
  const places: { readonly [what: string]: Json[] } = {
    "in a chunk of its own": [delta({ content: "a" }, "stop"), { id: "c1", choices: [], usage: counts }],
    "on the last chunk": [{ ...delta({ content: "a" }, "stop"), usage: counts }],
    "in x_groq": [{ ...delta({ content: "a" }, "stop"), x_groq: { usage: counts } }],
    cumulative: [
      { ...delta({ content: "a" }), usage: { prompt_tokens: 3, completion_tokens: 1, total_tokens: 4 } },
      { ...delta({}, "stop"), usage: counts },
    ],
    "then null": [
      { ...delta({ content: "a" }), usage: counts },
      { ...delta({}, "stop"), usage: null },
    ],
    "field by field": [
      { ...delta({ content: "a" }), usage: { prompt_tokens: 3, completion_tokens: null } },
      { ...delta({}), usage: { completion_tokens: 2 } },
    ],
  };
  for (const [what, chunks] of Object.entries(places)) {
    it(what, () => {
      const { usage } = readStream(events(...chunks, "[DONE]")).result;
      assert.deepEqual([usage?.inputUncached, usage?.outputVisible], [3, 2]);
    });
  }
});

describe("other things that providers send", () => {
  it("Azure's empty first chunk, kept with the head", () => {
    const filter: Json = { choices: [], id: "", model: "", created: 0, prompt_filter_results: [{ prompt_index: 0 }] };
    const { chunks, result } = readStream(
      events(filter, delta({ role: "assistant", content: "" }), delta({ content: "a" }, "stop"), "[DONE]"),
    );
    assert.equal(chunks.filter((chunk) => chunk.type === "start").length, 1);
    assert.deepEqual([result.id, result.model], ["c1", "served"]);
    assert.deepEqual(result.extra, { prompt_filter_results: [{ prompt_index: 0 }] });
  });

  it("messages in place of deltas, whole or growing", () => {
    const message = (content: string, finish: string | null): Json => ({
      id: "c",
      model: "m",
      choices: [{ index: 0, message: { content }, finish_reason: finish }],
    });
    assert.equal(said(first([message("ab", null), message("abc", "stop")])), "text:abc");
  });

  it("Perplexity's citations, told once; annotations", () => {
    const cited: JsonObject = { ...delta({ content: "a" }), citations: ["https://x.test/1"] };
    const [text] = first([cited, { ...cited }, delta({}, "stop")]).content;
    assert.deepEqual(text?.type === "text" && text.citations?.map((citation) => citation.url), ["https://x.test/1"]);
    const annotation = {
      type: "url_citation",
      url_citation: { url: "https://x.test/2", title: "t", start_index: 0, end_index: 1 },
    };
    const [other] = first([delta({ content: "a", annotations: [annotation] })]).content;
    assert.deepEqual(other?.type === "text" && other.citations?.[0]?.raw, annotation);
  });

  it("refusals, audio, images, objects as content, several choices", () => {
    assert.equal(said(first([delta({ refusal: "no" }), delta({ refusal: "pe" }, "stop")])), "refusal:nope");
    const audio = first([
      delta({ audio: { id: "a", transcript: "hi" } }),
      delta({ audio: { data: "AA" } }),
      delta({ audio: { data: "BB", expires_at: 9 } }),
    ]);
    assert.deepEqual(
      audio.content[0]?.type === "audio" && [audio.content[0].id, audio.content[0].transcript, audio.content[0].expiresAt],
      ["a", "hi", 9],
    );
    const image = first([delta({ images: [{ type: "image_url", image_url: { url: "data:image/png;base64,AA" } }] })]);
    assert.deepEqual(image.content[0], { type: "image", source: { kind: "base64", mediaType: "image/png", data: "AA" } });
    const structured = decoder().whole({
      id: "c",
      model: "m",
      choices: [{ message: { content: { a: 1 } }, finish_reason: "stop" }],
    });
    assert.equal(structured.choices[0] && said(structured.choices[0]), 'text:{"a":1}');
    const { result } = readStream(
      events(delta({ content: "a" }), delta({ content: "b" }, "stop", 1), delta({ content: "c" }, "stop"), "[DONE]"),
    );
    assert.deepEqual(result.choices.map(said), ["text:ac", "text:b"]);
  });

  it("nothing after the end marker is part of the answer", () => {
    const late = delta(call({ index: 0, id: "a", function: { name: "f", arguments: "" } }));
    const { chunks, result } = readStream(events(delta({ content: "a" }), "[DONE]", late));
    assert.deepEqual(result.choices.map(said), ["text:a"]);
    assert.equal(chunks.at(-1)?.type, "finish");
  });

  it("log probabilities with the text they are of", () => {
    const logprobs = { content: [{ token: "a", logprob: -1 }], refusal: null };
    const chunk: Json = {
      id: "c",
      model: "m",
      choices: [{ index: 0, delta: { content: "a" }, logprobs, finish_reason: "stop" }],
    };
    assert.deepEqual(first([chunk]).logprobs, [logprobs]);
  });
});
