/*
 * Where bodies name things that somebody will fetch: pictures, sounds, films, files, and servers of tools. What a tool is called
 * with or gives back is no such place, whatever it holds.
 */

export interface Places {
  /** Members that lead on to such places, through objects and lists. */
  readonly into: ReadonlySet<string>;
  /** Members that are URLs where they are text. */
  readonly urls: ReadonlySet<string>;
  /** A member all of whose own members lead on, whatever they are called. */
  readonly all?: string | undefined;
  /** Only objects of this `type` name something to be fetched. */
  readonly type?: string | undefined;
}

const openaiParts = ["content", "images", "image_url", "video_url", "audio_url", "document_url", "file", "input_audio"];
const openaiUrls = ["url", "image_url", "video_url", "audio_url", "document_url", "file_url", "file_data", "input_audio", "data"];

/** By the names of wires. */
export const mediaPlaces: ReadonlyMap<string, Places> = new Map([
  ["openai-chat", { into: new Set(["messages", ...openaiParts]), urls: new Set(openaiUrls) }],
  ["openai-embeddings", { into: new Set(["input", "inputs", ...openaiParts]), urls: new Set(openaiUrls) }],
  [
    "openai-responses",
    {
      into: new Set(["input", "output", "tools", "prompt", "input_image_mask", ...openaiParts]),
      urls: new Set(["server_url", ...openaiUrls]),
      all: "variables",
    },
  ],
  [
    "anthropic-messages",
    { into: new Set(["system", "messages", "content", "source", "mcp_servers"]), urls: new Set(["url"]), type: "url" },
  ],
  [
    "gemini",
    {
      into: new Set([
        ...["contents", "content", "parts", "requests", "systemInstruction", "system_instruction"],
        ...["generateContentRequest", "generate_content_request", "fileData", "file_data"],
        ...["functionResponse", "function_response"],
      ]),
      urls: new Set(["fileUri", "file_uri"]),
    },
  ],
]);

const addresses: ReadonlySet<string> = new Set([
  ...["image", "images", "video", "videos", "audio", "audios", "file", "files", "document", "documents", "src", "href"],
]);
/** What clients tell each other of their upstream, in bodies too: no provider follows it. */
const upstreams: ReadonlySet<string> = new Set(["base_url", "baseUrl", "baseURL", "api_url"]);

/** Whether a member of that name may hold an address in some provider's API, known or not. */
export const namesAddress = (name: string): boolean => addresses.has(name) || (/ur[il]s?$/i.test(name) && !upstreams.has(name));

const unfetched: ReadonlySet<string> = new Set([
  ...["arguments", "args", "parameters", "tool_calls", "function_call", "action", "response", "results", "outputs"],
  ...["metadata", "labels", "annotations", "citations", "search_results", "groundingMetadata", "grounding_metadata"],
]);

/** Whether a member holds what tools are called with or give back, schemas, sources that were told of, labels: nobody fetches them. */
export const isUnfetched = (name: string, type: unknown): boolean =>
  unfetched.has(name) ||
  /schema$/i.test(name) ||
  (typeof type === "string" &&
    ((name === "input" && type.endsWith("tool_use")) || (name === "content" && type.endsWith("_tool_result"))));
