import { gemini } from "../wires/gemini/index.ts";
import type { BuiltIn, Endpoint, Remote } from "./provider.ts";
import { googleBase } from "./urls.ts";

/** Gemini's own API, and whoever imitates it. The model and the verb are in the path. */
export const generateContent: Endpoint = {
  wire: gemini,
  operations: ["chat", "embed", "count-tokens"],
};

/** A provider that speaks Gemini's wire, shown a bare credential as Google's SDKs do. */
export const geminiLike: Remote = {
  endpoints: [generateContent],
  auth: { kind: "header", name: "x-goog-api-key" },
  normaliseBase: googleBase,
  modelsUrl: (baseUrl) => `${baseUrl}/v1beta/models?pageSize=1000`,
};

export const google: BuiltIn = {
  name: "google",
  owns: [gemini.name],
  baseUrl: "https://generativelanguage.googleapis.com",
  keyVariables: ["GEMINI_API_KEY", "GOOGLE_API_KEY", "GOOGLE_GENERATIVE_AI_API_KEY"],
  keysPage: "https://aistudio.google.com/apikey",
  baseUrlVariable: "GOOGLE_GEMINI_BASE_URL",
  remote: geminiLike,
};
