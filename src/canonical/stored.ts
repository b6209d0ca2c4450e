import type { JsonObject } from "./json.ts";
import type { Usage } from "./usage.ts";

/** Something to be done with an answer that its provider keeps (OpenAI's stored responses). Only its own wire can say it. */
export interface StoredRequest {
  readonly verb: "get" | "delete" | "cancel" | "list-input";
  /** The answer's id, as the provider gave it. */
  readonly id: string;
  /** Further parameters of the request, encoded as a query; empty where there are none. */
  readonly query?: string | undefined;
}

export interface StoredResult {
  /** As the provider said it. */
  readonly body: JsonObject;
  readonly model?: string | undefined;
  /** Of an answer that was made in the background and is now whole. */
  readonly usage?: Usage | undefined;
}
