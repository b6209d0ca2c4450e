import type { JsonObject } from "../../../src/canonical/json.ts";
import { type CallRoute, routeTable } from "../../../src/ingress/routes.ts";
import { providerOf } from "./gateway.ts";

/** Every route over which a body comes in. */
export const bodyRoutes: readonly CallRoute[] = routeTable(undefined).routes.flatMap((route) =>
  route.kind === "call" && route.method === "POST" && route.operation !== "stored" ? [route] : [],
);

/** The path of a route with its model in it, at the provider of the route's own wire or another. */
export function pathOf(route: CallRoute, provider: string = ownProvider(route)): string {
  return route.path.replace("{model}", encodeURIComponent(`${provider}/m`));
}

export const ownProvider = ({ wire }: CallRoute): string =>
  Object.entries(providerOf).find(([name]) => name === wire.name)?.[1] ?? providerOf["openai-chat"];

/** A body that the route takes, with members of its own. */
export function bodyOf(route: CallRoute, content: readonly JsonObject[], provider: string = ownProvider(route)): JsonObject {
  const model = `${provider}/m`;
  switch (route.wire.name) {
    case "openai-responses":
      return { model, input: [{ role: "user", content }] };
    case "openai-embeddings":
      return { model, input: content.length === 0 ? "x" : [{ content }] };
    case "anthropic-messages":
      return { model, max_tokens: 9, messages: [{ role: "user", content: content.length === 0 ? "x" : content }] };
    case "gemini": {
      const parts = content.length === 0 ? [{ text: "x" }] : content;
      if (route.path.endsWith(":embedContent")) return { content: { parts } };
      if (route.path.endsWith(":batchEmbedContents")) return { requests: [{ model: "models/m", content: { parts } }] };
      return { contents: [{ role: "user", parts }] };
    }
    default:
      return { model, messages: [{ role: "user", content: content.length === 0 ? "x" : content }] };
  }
}

/**
 * Members of a body by which APIs of a wire, and those that are alike, name what is to be fetched elsewhere than in parts. Written
 * by what providers document, not by what the gateway knows.
 */
export function membersWith(wire: string, url: string): readonly JsonObject[] {
  const tool = { type: "mcp", server_label: "x", server_url: url };
  switch (wire) {
    case "openai-responses":
      return [{ tools: [tool] }, { tools: [{ type: "mcp", server_label: "x", url }] }];
    case "anthropic-messages":
      return [{ mcp_servers: [{ type: "url", name: "x", url }] }, { mcp_servers: [{ type: "http", name: "x", url }] }];
    case "gemini":
      return [{ tools: [{ mcpServers: [{ name: "x", streamableHttpTransport: { url } }] }] }];
    case "openai-embeddings":
      return [{ input: [{ image: url }] }, { input: [{ type: "image_url", image_url: { url } }] }];
    default:
      return [
        { tools: [tool] },
        { messages: [{ role: "user", content: "x", images: [url] }] },
        { messages: [{ role: "user", content: [{ type: "image", image: url }] }] },
        { messages: [{ role: "user", content: [{ type: "video", video: [url] }] }] },
      ];
  }
}

/** The parts by which callers of a wire name what is to be fetched. */
export function partsWith(wire: string, url: string): readonly JsonObject[] {
  switch (wire) {
    case "openai-responses":
      return [
        { type: "input_image", image_url: url },
        { type: "input_file", file_url: url },
        { type: "input_audio", input_audio: { data: url, format: "wav" } },
      ];
    case "anthropic-messages":
      return [
        { type: "image", source: { type: "url", url } },
        { type: "document", source: { type: "url", url } },
        { type: "tool_result", tool_use_id: "t", content: [{ type: "image", source: { type: "url", url } }] },
      ];
    case "gemini":
      return [
        { fileData: { mimeType: "image/png", fileUri: url } },
        { file_data: { file_uri: url } },
        { functionResponse: { name: "f", response: {}, parts: [{ fileData: { fileUri: url } }] } },
      ];
    default:
      return [
        { type: "image_url", image_url: { url } },
        { type: "image_url", image_url: url },
        { type: "input_audio", input_audio: { data: url, format: "wav" } },
        { type: "file", file: { file_data: url } },
        { type: "video_url", video_url: { url } },
        { type: "document_url", document_url: url },
      ];
  }
}
