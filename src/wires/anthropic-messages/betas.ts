import type { ChatRequest } from "../../canonical/chat.ts";
import { isArray, isObject, type Json } from "../../canonical/json.ts";
import type { Draft } from "./spelling.ts";

/** Beta names the request's features need, after those its caller named. A feature named with another date is left alone. */
export function betasFor(request: ChatRequest, body: Draft): readonly string[] {
  const needed: string[] = [];
  const edits = isObject(body["context_management"]) ? body["context_management"]["edits"] : undefined;
  const kinds = isArray(edits) ? edits.map((edit) => (isObject(edit) ? String(edit["type"]) : "")) : [];
  if (kinds.some((kind) => kind.startsWith("compact_"))) needed.push("compact-2026-01-12");
  if (kinds.some((kind) => kind.startsWith("clear_"))) needed.push("context-management-2025-06-27");
  if (body["mcp_servers"] !== undefined) {
    const toolset = request.tools?.some((tool) => tool.type === "hosted" && tool.kind === "mcp_toolset") ?? false;
    needed.push(toolset ? "mcp-client-2025-11-20" : "mcp-client-2025-04-04");
  }
  if (body["output_format"] !== undefined) needed.push("structured-outputs-2025-11-13");
  if (request.taskBudget !== undefined) needed.push("task-budgets-2026-03-13");
  if (request.speed === "fast") needed.push("fast-mode-2026-02-01");
  if (usesFiles(body["messages"])) needed.push("files-api-2025-04-14");
  const named = request.betas ?? [];
  const feature = (beta: string): string => beta.replace(/-\d{4}-\d{2}-\d{2}$/, "");
  const has = new Set(named.map(feature));
  return [...named, ...needed.filter((beta) => !has.has(feature(beta)))];
}

function usesFiles(messages: Json | undefined): boolean {
  if (!isArray(messages)) return false;
  return messages.some((message) => {
    const content = isObject(message) ? message["content"] : undefined;
    return (
      isArray(content) &&
      content.some((block) => isObject(block) && isObject(block["source"]) && block["source"]["type"] === "file")
    );
  });
}
