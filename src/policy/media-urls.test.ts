import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { type Call, CallRecord } from "../canonical/call.ts";
import { GatewayError } from "../canonical/error.ts";
import type { JsonObject } from "../canonical/json.ts";
import type { Part } from "../canonical/parts.ts";
import { Warnings } from "../canonical/warnings.ts";
import { mediaUrls, type UrlRules } from "./media-urls.ts";

const asked: string[] = [];
/** Knows one bad host by sight and one by its address. */
const rules: UrlRules = {
  refusal: ({ hostname }) => (hostname === "127.0.0.1" ? { message: "127.0.0.1 is not public" } : undefined),
  resolved: async ({ hostname }) => {
    asked.push(hostname);
    return hostname === "alias.example.com" ? { message: "alias.example.com is not public" } : undefined;
  },
};

/** The provider stands outside, and does not matter. */
const outside = async (): Promise<boolean> => false;

const base = (): Omit<Call<"chat">, "request"> => ({
  id: "call_1",
  operation: "chat",
  model: "m",
  stream: false,
  strict: false,
  caller: { kind: "open", keyId: "open", labels: {} },
  labels: {},
  signal: new AbortController().signal,
  deadline: 1,
  warnings: new Warnings(),
  record: new CallRecord(),
});

/** A call of which only the body is there: who asks for its request decodes it for nothing. */
function bodyCall(wire: string, json: JsonObject): Call<"chat"> {
  const source = { wire, path: "/", query: "", headers: {}, body: new Uint8Array(), json, members: new Map() };
  return {
    ...base(),
    source,
    get request(): Call<"chat">["request"] {
      return assert.fail("decoded");
    },
  };
}

const partsCall = (content: readonly Part[]): Call<"chat"> => ({
  ...base(),
  request: { model: "m", messages: [{ role: "user", content }] },
});

/** "passed", or the path at fault. */
async function outcome(call: Call<"chat">): Promise<string> {
  let passed = 0;
  const handler = mediaUrls(
    rules,
    outside,
  )(async () => {
    passed++;
    return nothing;
  });
  try {
    await handler(call);
  } catch (thrown) {
    assert.ok(thrown instanceof GatewayError && thrown.code === "invalid_request", String(thrown));
    assert.ok(thrown.message.includes(`\`${thrown.param}\``) && thrown.message.endsWith("Nothing was sent."));
    assert.equal(passed, 0);
    return thrown.param ?? "";
  }
  assert.equal(passed, 1);
  return "passed";
}

const nothing = { stream: true, relayed: true, batches: { next: () => assert.fail(), return: () => assert.fail() } } as const;

const bad = "http://127.0.0.1/x";
const user = (...content: readonly JsonObject[]): JsonObject => ({ messages: [{ role: "user", content }] });
const first = "messages[0].content[0]";

const places: readonly (readonly [wire: string, at: string, body: JsonObject])[] = [
  ["openai-chat", `${first}.image_url.url`, user({ type: "image_url", image_url: { url: bad } })],
  ["openai-chat", `${first}.image_url`, user({ type: "image_url", image_url: bad })],
  ["openai-chat", `${first}.video_url.url`, user({ type: "video_url", video_url: { url: bad } })],
  ["openai-chat", `${first}.audio_url.url`, user({ type: "audio_url", audio_url: { url: bad } })],
  ["openai-chat", `${first}.document_url`, user({ type: "document_url", document_url: bad })],
  ["openai-chat", `${first}.file.file_data`, user({ type: "file", file: { file_data: bad } })],
  ["openai-chat", `${first}.input_audio.data`, user({ type: "input_audio", input_audio: { data: bad, format: "wav" } })],
  ["openai-chat", `${first}.input_audio`, user({ type: "input_audio", input_audio: bad })],
  ["openai-embeddings", "input[0].content[1].image_url.url", { input: [{ content: [{}, { image_url: { url: bad } }] }] }],
  ["openai-responses", "input[0].content[0].image_url", { input: [{ content: [{ type: "input_image", image_url: bad }] }] }],
  ["openai-responses", "input[0].content[0].file_url", { input: [{ content: [{ type: "input_file", file_url: bad }] }] }],
  ["openai-responses", "input[1].output[0].image_url", { input: [{}, { output: [{ type: "input_image", image_url: bad }] }] }],
  ["openai-responses", "input[0].output.image_url", { input: [{ type: "computer_call_output", output: { image_url: bad } }] }],
  ["openai-responses", "tools[0].server_url", { tools: [{ type: "mcp", server_url: bad }] }],
  ["openai-responses", "tools[0].input_image_mask.image_url", { tools: [{ input_image_mask: { image_url: bad } }] }],
  ["openai-responses", "prompt.variables.cat.image_url", { prompt: { id: "p", variables: { cat: { image_url: bad } } } }],
  ["anthropic-messages", `${first}.source.url`, user({ type: "image", source: { type: "url", url: bad } })],
  [
    "anthropic-messages",
    `${first}.content[0].source.url`,
    user({ type: "tool_result", content: [{ type: "document", source: { type: "url", url: bad } }] }),
  ],
  [
    "anthropic-messages",
    `${first}.source.content[0].source.url`,
    user({ type: "document", source: { type: "content", content: [{ type: "image", source: { type: "url", url: bad } }] } }),
  ],
  ["anthropic-messages", "mcp_servers[0].url", { mcp_servers: [{ type: "url", url: bad, name: "x" }] }],
  ["gemini", "contents[0].parts[0].fileData.fileUri", { contents: [{ parts: [{ fileData: { fileUri: bad } }] }] }],
  ["gemini", "contents[0].parts[0].file_data.file_uri", { contents: [{ parts: [{ file_data: { file_uri: bad } }] }] }],
  ["gemini", "contents.parts[0].fileData.fileUri", { contents: { parts: [{ fileData: { fileUri: bad } }] } }],
  [
    "gemini",
    "contents[0].parts[0].functionResponse.parts[0].fileData.fileUri",
    { contents: [{ parts: [{ functionResponse: { parts: [{ fileData: { fileUri: bad } }] } }] }] },
  ],
  [
    "gemini",
    "requests[0].content.parts[0].fileData.fileUri",
    { requests: [{ content: { parts: [{ fileData: { fileUri: bad } }] } }] },
  ],
  ["gemini", "systemInstruction.parts[0].fileData.fileUri", { systemInstruction: { parts: [{ fileData: { fileUri: bad } }] } }],
];

describe("URLs that are to be fetched are found", () => {
  for (const [wire, at, body] of places) {
    it(`${wire}: ${at}`, async () => assert.equal(await outcome(bodyCall(wire, body)), at));
  }

  it("in requests that came over no wire", async () => {
    const image: Part = { type: "image", source: { kind: "url", url: bad } };
    assert.equal(await outcome(partsCall([{ type: "text", text: bad }, image])), "messages[0].content[1]");
    const nested: Part = { type: "tool-result", toolCallId: "1", content: [{ type: "text", text: "" }, image] };
    assert.equal(await outcome(partsCall([nested])), "messages[0].content[0].content[1]");
    const document: Part = { type: "document", source: { kind: "parts", parts: [image] } };
    assert.equal(await outcome(partsCall([document])), "messages[0].content[0].source[0]");
  });
});

describe("addresses under names that no wire of ours has", () => {
  const chatTool = (tool: JsonObject): JsonObject => ({ messages: [], tools: [tool] });
  const found: readonly (readonly [wire: string, at: string, body: JsonObject])[] = [
    ["openai-chat", "tools[0].server_url", chatTool({ type: "mcp", server_url: bad })],
    ["openai-chat", `${first}.image`, user({ type: "image", image: bad })],
    ["openai-chat", `${first}.video[0]`, user({ type: "video", video: [bad] })],
    ["openai-chat", "messages[0].images[1]", { messages: [{ role: "user", content: "x", images: ["AAAA", bad] }] }],
    ["openai-chat", "images[0]", { messages: [], images: [bad] }],
    ["openai-chat", "webhook_url", { messages: [], webhook_url: bad }],
    ["openai-chat", `${first}.src`, user({ type: "x", src: bad })],
    ["openai-chat", "some.thing[0].imageUrl", { messages: [], some: { thing: [{ imageUrl: bad }] } }],
    ["openai-embeddings", "input[0].image", { input: [{ image: bad }] }],
    ["openai-responses", "tools[0].url", { input: [], tools: [{ type: "mcp", url: bad }] }],
    ["anthropic-messages", "mcp_servers[0].url", { messages: [], mcp_servers: [{ type: "http", url: bad }] }],
    [
      "gemini",
      "tools[0].mcpServers[0].streamableHttpTransport.url",
      { contents: [], tools: [{ mcpServers: [{ name: "m", streamableHttpTransport: { url: bad } }] }] },
    ],
  ];
  for (const [wire, at, body] of found) {
    it(`${wire}: ${at}`, async () => assert.equal(await outcome(bodyCall(wire, body)), at));
  }

  it("however the address is dressed, and nothing but addresses", async () => {
    const image = (text: string): Promise<string> => outcome(bodyCall("openai-chat", user({ type: "image", image: text })));
    for (const blank of ["\u00a0", " \n", "\u2003", "\ufeff", "\u200b", "\u0085", "\u3000\u0000"]) {
      assert.equal(await image(blank + bad), `${first}.image`, JSON.stringify(blank));
      assert.equal(await outcome(bodyCall("openai-chat", user({ image_url: blank + bad }))), `${first}.image_url`);
    }
    for (const text of [
      "//127.0.0.1/latest",
      "//127.0.0.1",
      "file:///etc/passwd",
      "HTTP://127.0.0.1",
      "http:/127.0.0.1",
      "http:\\127.0.0.1",
    ]) {
      assert.equal(await image(text), `${first}.image`, text);
    }
    for (const text of [
      "data:image/png;base64,AA==",
      "//uQxAAAAAAAAAAA",
      "note: a picture",
      "file-abc",
      "https://a.com/x.png",
      "a/b:c",
    ]) {
      assert.equal(await image(text), "passed", text);
    }
  });

  it("but not what clients say of their upstream, nor under metadata", async () => {
    const free = { messages: [], base_url: bad, extra_body: { api_url: bad }, metadata: { site_url: bad } };
    assert.equal(await outcome(bodyCall("openai-chat", free)), "passed");
  });
});

describe("names that are not resolved in time", () => {
  const late: UrlRules = { refusal: () => undefined, resolved: async () => "unknown" };
  const body = user({ image_url: { url: "https://slow.com/x" } });
  const handler = (inside: boolean) => mediaUrls(late, async () => inside)(async () => nothing);

  it("are refused where the provider would look them up from inside", async () => {
    await assert.rejects(handler(true)(bodyCall("openai-chat", body)), /slow\.com is not resolved in time.*Nothing was sent/);
  });

  it("go on with a warning where it stands outside", async () => {
    const call = bodyCall("openai-chat", body);
    await handler(false)(call);
    const [warning] = call.warnings.list;
    assert.deepEqual([warning?.code, warning?.at], ["url_not_resolved", `${first}.image_url.url`]);
  });
});

describe("what nobody fetches is left alone", () => {
  const args = { url: bad, image_url: bad, source: { type: "url", url: bad }, fileUri: bad };
  const free: readonly (readonly [string, JsonObject])[] = [
    ["openai-chat", user({ type: "text", text: bad })],
    ["openai-chat", { messages: [{ role: "user", content: bad }], metadata: { url: bad }, user: bad }],
    ["openai-chat", { messages: [], tools: [{ type: "function", function: { name: "f", parameters: { properties: args } } }] }],
    [
      "openai-responses",
      {
        input: [
          { type: "function_call", arguments: bad },
          { type: "web_search_call", action: args },
        ],
      },
    ],
    ["anthropic-messages", user({ type: "tool_use", id: "1", name: "f", input: args })],
    ["anthropic-messages", user({ type: "search_result", source: bad, content: [] })],
    ["anthropic-messages", user({ type: "web_search_tool_result", content: [{ type: "web_search_result", url: bad }] })],
    ["gemini", { contents: [{ parts: [{ functionCall: { name: "f", args } }, { functionResponse: { response: args } }] }] }],
  ];
  for (const [wire, body] of free) {
    it(`${wire}: ${JSON.stringify(body).slice(0, 80)}`, async () => assert.equal(await outcome(bodyCall(wire, body)), "passed"));
  }

  it("data in hand and uploads at providers", async () => {
    asked.length = 0;
    for (const url of [
      ...["data:image/png;base64,AA==", "gs://bucket/x", "s3://bucket/x", "iVBORw0KGgo=", "file-abc", "", "//x"],
    ]) {
      assert.equal(await outcome(bodyCall("openai-chat", user({ image_url: { url } }))), "passed", url);
    }
    assert.deepEqual(asked, []);
  });
});

describe("URLs", () => {
  const said = (url: string): Promise<string> => outcome(bodyCall("openai-chat", user({ image_url: { url } })));

  it("may be http and https only, however the scheme is spelled", async () => {
    for (const url of [
      ...["file:///etc/passwd", "FILE:/etc/passwd", "ftp://x/", "gopher://x", "unix:/x", "http+unix://x", "blob:http://x/"],
      ...[
        "  file:///x",
        "fi\nle:///x",
        "\u0000file:///x",
        "javascript:x",
        "h\tttp://127.0.0.1/",
        "http:127.0.0.1",
        "http:/127.0.0.1",
      ],
      ...["http://[fe80::1%25lo]/", "http://", "https://exa mple.com/"],
    ]) {
      assert.equal(await said(url), `${first}.image_url.url`, JSON.stringify(url));
    }
  });

  it("may hold no user, password, backslash or space", async () => {
    for (const url of [
      "https://u@a.com/",
      "https://u:p@a.com/",
      "https://a.com\\@b.com/",
      "https://a.com/ b",
      "https://a.com#@127.0.0.1/",
    ]) {
      assert.equal(await said(url), `${first}.image_url.url`, url);
    }
    assert.equal(await said("https://a.com/@b?c=@d#e"), "passed");
  });

  it("are refused where their name turns out to lead home, each host asked for once", async () => {
    asked.length = 0;
    const images = ["https://a.com/1", "https://a.com/2", "https://alias.example.com/3"].map((url) => ({ image_url: { url } }));
    assert.equal(await outcome(bodyCall("openai-chat", user(...images))), "messages[0].content[2].image_url.url");
    assert.deepEqual(asked, ["a.com", "alias.example.com"]);
  });

  it("may be many, but not endlessly many, nor lead to as many hosts", async () => {
    const images = (count: number, url: (index: number) => string) =>
      Array.from({ length: count }, (_, index) => ({ image_url: { url: url(index) } }));
    const at = async (parts: readonly JsonObject[]): Promise<string> => outcome(bodyCall("openai-chat", user(...parts)));
    assert.equal(await at(images(2000, (index) => `https://a.com/${index}`)), "passed");
    assert.equal(await at(images(2001, (index) => `https://a.com/${index}`)), "messages[0].content[2000].image_url.url");
    assert.equal(await at(images(32, (index) => `https://h${index}.com/`)), "passed");
    assert.equal(await at(images(33, (index) => `https://h${index}.com/`)), "messages[0].content[32].image_url.url");
  });

  it("are looked for at no cost worth mentioning", async (context) => {
    const messages = Array.from({ length: 200 }, (_, index) => ({
      role: "user",
      content: [{ type: "text", text: `${index}`.repeat(200) }],
    }));
    const call = bodyCall("openai-chat", { model: "m", messages });
    const step = mediaUrls(rules, outside)(async () => nothing);
    for (let count = 0; count < 500; count++) await step(call);
    const began = performance.now();
    for (let count = 0; count < 2000; count++) await step(call);
    const micros = ((performance.now() - began) * 1000) / 2000;
    context.diagnostic(`a body of 200 messages in parts (100 KB): ${micros.toFixed(1)} us per call`);
    assert.ok(micros < 500, "generous: the machine may be busy");
  });
});
