import { isArray, isObject, type Json, type JsonObject } from "../../../canonical/json.ts";

/*
 * What the Anthropic API demands of a conversation, told from its documentation and error messages, apart from the code that
 * writes one. Gives the complaints, none for a body the API would take.
 */

const idPattern = /^[a-zA-Z0-9_-]+$/;

export function complaints(body: JsonObject): readonly string[] {
  const found: string[] = [];
  const { messages, system } = body;
  if (!isArray(messages) || messages.length === 0) return ["messages: at least one message is required"];
  if (system !== undefined) blockComplaints(isArray(system) ? system : [{ type: "text", text: system ?? "" }], "system", found);
  let previous: JsonObject | undefined;
  const ids = new Set<Json>();
  messages.forEach((message, index) => {
    if (!isObject(message)) return;
    const at = `messages.${index}`;
    if (message["role"] !== "user" && message["role"] !== "assistant") found.push(`${at}: role ${String(message["role"])}`);
    if (index === 0 && message["role"] !== "user") found.push(`${at}: first message must use the user role`);
    if (previous && previous["role"] === message["role"]) found.push(`${at}: roles must alternate`);
    const blocks = contentOf(message);
    if (blocks.length === 0) found.push(`${at}: content must not be empty`);
    blockComplaints(blocks, at, found);
    for (const id of calls(blocks)) {
      if (ids.has(id)) found.push(`${at}: tool_use ids must be unique`);
      ids.add(id);
    }
    resultComplaints(previous ? calls(contentOf(previous)) : [], blocks, at, found);
    previous = message;
  });
  if (previous && calls(contentOf(previous)).length > 0) found.push("tool_use without tool_result after the last message");
  return found;
}

const contentOf = (message: JsonObject): readonly JsonObject[] => {
  const { content } = message;
  if (typeof content === "string") return [{ type: "text", text: content }];
  return isArray(content) ? content.filter(isObject) : [];
};

const calls = (blocks: readonly JsonObject[]): readonly Json[] =>
  blocks.filter((block) => block["type"] === "tool_use").map((block) => block["id"] ?? null);

function resultComplaints(asked: readonly Json[], blocks: readonly JsonObject[], at: string, found: string[]): void {
  const answers = blocks.flatMap((block) => (block["type"] === "tool_result" ? [block["tool_use_id"] ?? null] : []));
  if (answers.length !== asked.length || asked.some((id, index) => answers[index] !== id)) {
    found.push(`${at}: tool_result blocks ${JSON.stringify(answers)} do not answer ${JSON.stringify(asked)} in order`);
  }
  const first = blocks.findIndex((block) => block["type"] !== "tool_result");
  if (first !== -1 && blocks.slice(first).some((block) => block["type"] === "tool_result"))
    found.push(`${at}: tool_result must come first`);
}

function blockComplaints(blocks: readonly Json[], at: string, found: string[]): void {
  for (const block of blocks) {
    if (!isObject(block)) continue;
    const { type, text, id, name, input, tool_use_id, content } = block;
    if (type === "text" && (typeof text !== "string" || text.trim() === ""))
      found.push(`${at}: text content blocks must be non-empty`);
    if (type === "tool_use" && !(typeof id === "string" && idPattern.test(id))) found.push(`${at}: tool_use.id ${String(id)}`);
    if (type === "tool_use" && !(typeof name === "string" && /^[a-zA-Z0-9_-]{1,64}$/.test(name)))
      found.push(`${at}: tool_use.name ${String(name)}`);
    if (type === "tool_use" && !isObject(input)) found.push(`${at}: tool_use.input is no object`);
    if (type === "tool_result" && !(typeof tool_use_id === "string" && idPattern.test(tool_use_id)))
      found.push(`${at}: tool_use_id`);
    if (type === "tool_result" && isArray(content)) blockComplaints(content, `${at}.tool_result`, found);
    if (type === "thinking" && (typeof block["signature"] !== "string" || block["signature"] === ""))
      found.push(`${at}: unsigned thinking`);
  }
}
