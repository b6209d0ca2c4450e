import { createServer, type IncomingMessage, type ServerResponse } from "node:http";

/** How a careless provider gives a credential back, each a model's name. */
export const manners = [
  "plain",
  "base64",
  "percent",
  "piece",
  "quoted",
  "html",
  "text",
  "told-in-200",
  "amid-stream",
  "redirect",
  "headers-only",
  "torn",
] as const;

export interface EchoingUpstream {
  /** Without a path. */
  readonly url: string;
  /** Requests that came with a credential. */
  readonly shown: number;
  close(): Promise<void>;
}

/** A provider of all four wires that quotes the credentials it is shown: in errors, headers, streams and redirects. */
export async function startEchoingUpstream(): Promise<EchoingUpstream> {
  let shown = 0;
  const server = createServer((request, response) => {
    const pieces: Buffer[] = [];
    request.on("data", (piece: Buffer) => pieces.push(piece));
    request.on("end", () => {
      const secret = credentialOf(request);
      if (secret !== "") shown++;
      answer(request.url ?? "", Buffer.concat(pieces).toString("utf8"), secret, response);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  return {
    url: `http://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}`,
    get shown() {
      return shown;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function credentialOf({ headers }: IncomingMessage): string {
  const bare = headers["x-api-key"] ?? headers["x-goog-api-key"];
  return typeof bare === "string" ? bare : (headers.authorization ?? "").replace(/^Bearer /, "");
}

function answer(path: string, body: string, secret: string, response: ServerResponse): unknown {
  const manner = manners.find((one) => path.includes(one) || body.includes(`"${one}"`)) ?? "plain";
  const wire = wireOf(path);
  const streamed = /"stream":\s*true/.test(body) || path.includes("streamGenerateContent");
  const echoes = {
    "x-request-id": `req_${secret}`,
    "request-id": secret,
    "x-ratelimit-reset-requests": `1s;${secret}`,
    "cf-ray": secret,
  };
  const send = (status: number, text: string, type = "application/json", more = {}): void => {
    response.writeHead(status, { "content-type": type, "retry-after": "3600", ...echoes, ...more }).end(text);
  };
  const fail = (status: number, message: string): void => send(status, JSON.stringify(errorOf(wire, message)));
  switch (manner) {
    case "plain":
      return fail(400, `Incorrect API key provided: ${secret}. Bearer ${secret}`);
    case "base64":
      return fail(
        403,
        `Authorization ${Buffer.from(secret).toString("base64")} ${Buffer.from(`key:${secret}`).toString("base64url")}`,
      );
    case "percent":
      return fail(422, `GET /v1/models?key=${encodeURIComponent(secret)}&alt=json failed`);
    case "piece":
      return fail(429, `Key ${secret.slice(2, 14)}…${secret.slice(-11)} is over its limit`);
    case "quoted":
      return fail(500, JSON.stringify({ headers: { authorization: `Bearer ${secret}` } }));
    case "html":
      return send(502, `<html><body>Bad gateway for ${secret}</body></html>`, "text/html");
    case "text":
      return send(400, `no: ${secret}`, "text/plain");
    case "told-in-200":
      return send(200, JSON.stringify(errorOf(wire, `failed with ${secret}`)));
    case "redirect":
      return send(302, secret, "text/plain", { location: `http://127.0.0.1:1/?key=${encodeURIComponent(secret)}` });
    case "headers-only":
      return streamed ? send(200, streams[wire]("stop"), "text/event-stream") : send(200, JSON.stringify(wholes[wire]));
    case "amid-stream":
      return streamed
        ? send(200, streams[wire](`overloaded; your key was ${secret}`), "text/event-stream")
        : fail(503, `overloaded; your key was ${secret}`);
    case "torn":
      response.writeHead(200, { "content-type": streamed ? "text/event-stream" : "application/json", ...echoes });
      response.write(streamed ? streams[wire]("stop").slice(0, 60) : `{"error":{"message":"${secret}`);
      return setImmediate(() => response.destroy());
  }
}

type Wire = "chat" | "responses" | "anthropic" | "gemini";

function wireOf(path: string): Wire {
  if (path.includes("/messages")) return "anthropic";
  if (path.includes("/responses")) return "responses";
  return path.includes("models/") ? "gemini" : "chat";
}

function errorOf(wire: Wire, message: string): object {
  switch (wire) {
    case "chat":
    case "responses":
      return { error: { message, type: "server_error", code: message.slice(0, 60), param: message } };
    case "anthropic":
      return { type: "error", error: { type: "api_error", message }, request_id: message };
    case "gemini":
      return { error: { code: 500, message, status: "INTERNAL", details: [{ reason: message }] } };
  }
}

const usage = { input_tokens: 3, output_tokens: 2, total_tokens: 5 };
const item = {
  id: "m1",
  type: "message",
  role: "assistant",
  status: "completed",
  content: [{ type: "output_text", text: "hi", annotations: [] }],
};
const wholes: { readonly [wire in Wire]: object } = {
  chat: {
    id: "c1",
    object: "chat.completion",
    created: 1,
    model: "m",
    choices: [{ index: 0, message: { role: "assistant", content: "hi" }, finish_reason: "stop" }],
    usage: { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 },
  },
  responses: { id: "r1", object: "response", created_at: 1, status: "completed", model: "m", output: [item], usage },
  anthropic: {
    id: "a1",
    type: "message",
    role: "assistant",
    model: "m",
    content: [{ type: "text", text: "hi" }],
    stop_reason: "end_turn",
    stop_sequence: null,
    usage: { input_tokens: 3, output_tokens: 2 },
  },
  gemini: {
    candidates: [{ content: { role: "model", parts: [{ text: "hi" }] }, finishReason: "STOP", index: 0 }],
    usageMetadata: { promptTokenCount: 3, candidatesTokenCount: 2, totalTokenCount: 5 },
    modelVersion: "m",
  },
};

const event = (data: object, name?: string): string =>
  `${name === undefined ? "" : `event: ${name}\n`}data: ${JSON.stringify(data)}\n\n`;

/** Some content, then the end ("stop") or an error of that message. */
const streams: { readonly [wire in Wire]: (last: string) => string } = {
  chat: (last) => {
    const chunk = (choice: object): string =>
      event({ id: "c1", object: "chat.completion.chunk", created: 1, model: "m", choices: [choice] });
    const head = chunk({ index: 0, delta: { role: "assistant", content: "hi" }, finish_reason: null });
    if (last !== "stop") return head + event(errorOf("chat", last));
    return `${head}${chunk({ index: 0, delta: {}, finish_reason: "stop" })}data: [DONE]\n\n`;
  },
  responses: (last) => {
    const told = (type: string, more: object): string => event({ type, ...more }, type);
    const head =
      told("response.created", {
        sequence_number: 0,
        response: { ...wholes.responses, status: "in_progress", output: [], usage: null },
      }) +
      told("response.output_item.added", {
        sequence_number: 1,
        output_index: 0,
        item: { ...item, status: "in_progress", content: [] },
      }) +
      told("response.content_part.added", {
        sequence_number: 2,
        output_index: 0,
        content_index: 0,
        item_id: "m1",
        part: { type: "output_text", text: "", annotations: [] },
      }) +
      told("response.output_text.delta", { sequence_number: 3, output_index: 0, content_index: 0, item_id: "m1", delta: "hi" });
    if (last !== "stop") return head + told("error", { sequence_number: 4, code: "server_error", message: last, param: null });
    return head + told("response.completed", { sequence_number: 4, response: wholes.responses });
  },
  anthropic: (last) => {
    const head =
      event({ type: "message_start", message: { ...wholes.anthropic, content: [], stop_reason: null } }, "message_start") +
      event({ type: "content_block_start", index: 0, content_block: { type: "text", text: "" } }, "content_block_start") +
      event({ type: "content_block_delta", index: 0, delta: { type: "text_delta", text: "hi" } }, "content_block_delta");
    if (last !== "stop") return head + event(errorOf("anthropic", last), "error");
    return (
      head +
      event({ type: "content_block_stop", index: 0 }, "content_block_stop") +
      event(
        { type: "message_delta", delta: { stop_reason: "end_turn", stop_sequence: null }, usage: { output_tokens: 2 } },
        "message_delta",
      ) +
      event({ type: "message_stop" }, "message_stop")
    );
  },
  gemini: (last) =>
    last === "stop"
      ? event(wholes.gemini)
      : event({ candidates: [{ content: { role: "model", parts: [{ text: "hi" }] }, index: 0 }] }) +
        event(errorOf("gemini", last)),
};
