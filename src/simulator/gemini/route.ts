import type { IncomingHttpHeaders } from "node:http";
import type { ErrorKind, Face, Target } from "../face.ts";
import { geminiCountFace } from "./count.ts";
import { geminiBatchEmbedFace, geminiEmbedFace } from "./embed.ts";
import { geminiArrayFace, geminiFace } from "./face.ts";

export interface GeminiRoute {
  readonly face: Face;
  readonly target: Target;
}

const asked = /(?:^|\/)(?:models|tunedModels|dynamic)\/([^/]+):([A-Za-z]+)$/;

/** Whether a method of a model is asked for, known or not. */
export const isAsked = (path: string): boolean => asked.test(path);

/** Reads `…/models/{model}:{method}`; undefined for other paths and unknown methods. */
export function geminiRoute(path: string, query: string): GeminiRoute | undefined {
  const found = asked.exec(path);
  if (!found) return undefined;
  const [, written = "", method = ""] = found;
  const model = decoded(written);
  const events = new URLSearchParams(query).get("alt") === "sse";
  const face = faceOf(method, events);
  return face && { face, target: { model, stream: method === "streamGenerateContent" } };
}

function faceOf(method: string, events: boolean): Face | undefined {
  switch (method) {
    case "generateContent":
      return geminiFace;
    case "streamGenerateContent":
      return events ? geminiFace : geminiArrayFace;
    case "countTokens":
      return geminiCountFace;
    case "embedContent":
      return geminiEmbedFace;
    case "batchEmbedContents":
      return geminiBatchEmbedFace;
    default:
      return undefined;
  }
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** The key that was sent: in a header of Google's own, as a bearer token, or in the query. */
export function geminiKey(headers: IncomingHttpHeaders, query: string): string | undefined {
  const own = headers["x-goog-api-key"];
  if (typeof own === "string" && own !== "") return own;
  const bearer = headers.authorization?.replace(/^Bearer /i, "");
  return bearer || (new URLSearchParams(query).get("key") ?? undefined);
}

/** Why a key is not let in: there is none, or it is one of those that stand for wrong ones (`wrong…`). */
export function refusalOf(key: string | undefined): { readonly kind: ErrorKind; readonly message: string } | undefined {
  if (key?.startsWith("wrong")) return { kind: "authentication", message: "" };
  if (key !== undefined) return undefined;
  const message =
    "Method doesn't allow unregistered callers (callers without established identity). Please use API Key or other form of API consumer identity to call this API.";
  return { kind: "permission", message };
}
