import { replyText, streamText, streamWords } from "../upstreams/reply.ts";

/** What a right reply looks like, by the caller's wire. */
export const expectations = [
  ...(["chat-json", "chat-stream", "messages-json", "messages-stream"] as const),
  ...(["responses-json", "responses-stream", "gemini-json", "gemini-stream"] as const),
] as const;
export type Expectation = (typeof expectations)[number];

/**
 * Says what is wrong with a reply, or nothing. Every JSON reply is read; of streams every one must hold the last word and end with the
 * wire's own end marker, and those for which `thorough` is asked are read event by event.
 */
export function wrongWith(expect: Expectation, status: number, body: string, thorough: boolean): string | undefined {
  if (status !== 200) return `status ${status}: ${body.slice(0, 300)}`;
  switch (expect) {
    case "chat-json":
      return wrongJson(body, "message", "content", '"completion_tokens":10');
    case "messages-json":
      return wrongJson(body, "content", "text", '"output_tokens":10');
    case "responses-json":
      return wrongJson(body, "content", "text", '"output_tokens":10');
    case "gemini-json":
      return wrongJson(body, "parts", "text", '"candidatesTokenCount":10');
    case "chat-stream":
      return wrongStream(body, /data: ?\[DONE\]\r?\n\r?\n$/, thorough && chatDelta);
    case "messages-stream":
      return wrongStream(body, /data: ?\{"type":"message_stop"[^\n]*\}\r?\n\r?\n$/, thorough && messagesDelta);
    case "responses-stream":
      return wrongStream(body, /"type":"response\.completed"[^\n]*\}\r?\n\r?\n$/, thorough && responsesDelta, body.length);
    case "gemini-stream":
      return wrongStream(body, /"finishReason":"STOP"[^\n]*\}\r?\n\r?\n$/, thorough && geminiDelta, 1000);
  }
}

function wrongJson(body: string, within: string, field: string, usage: string): string | undefined {
  const value = find(parse(body), within, field);
  if (value !== replyText) return `not the upstream's text: ${body.slice(0, 300)}`;
  return body.includes(usage) ? undefined : `no usage: ${body.slice(-300)}`;
}

function wrongStream(body: string, end: RegExp, delta: false | ((event: unknown) => unknown), tail = 200): string | undefined {
  if (!end.test(body.slice(-tail))) return `the last event is missing: …${body.slice(-200)}`;
  if (!body.includes(` word${streamWords - 1}"`)) return "the last word is missing";
  if (delta === false) return undefined;
  const texts = body.split("\n").map((line) => (line.startsWith("data:") ? delta(parse(line.slice(5))) : undefined));
  return texts.filter((text) => typeof text === "string").join("") === streamText ? undefined : "not the upstream's text";
}

const chatDelta = (event: unknown): unknown => find(event, "delta", "content");
const messagesDelta = (event: unknown): unknown => find(event, "delta", "text");
const responsesDelta = (event: unknown): unknown =>
  typeof event === "object" && event !== null && "delta" in event ? event.delta : undefined;
const geminiDelta = (event: unknown): unknown => find(event, "parts", "text");

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The value of `field` somewhere inside the first member called `within`. */
function find(value: unknown, within: string, field: string): unknown {
  if (typeof value !== "object" || value === null) return undefined;
  for (const [key, member] of Object.entries(value)) {
    const found = key === within ? pick(member, field) : find(member, within, field);
    if (found !== undefined) return found;
  }
  return undefined;
}

function pick(value: unknown, field: string): unknown {
  if (Array.isArray(value)) return pick(value[0], field);
  return typeof value === "object" && value !== null ? new Map(Object.entries(value)).get(field) : undefined;
}
