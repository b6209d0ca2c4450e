import type { JsonObject } from "../canonical/json.ts";
import type { ModelListing } from "../canonical/models.ts";
import type { ConfigText } from "../config/load.ts";
import type { Told } from "../conversations/told.ts";
import type { ConfigRecipe } from "./contract.ts";

/* What the supervisor and its workers say to each other: plain data, over the channel that Node opens between them. */

export type ToWorker =
  | {
      readonly kind: "begin";
      readonly text: ConfigText;
      /** How it makes its configuration of the text. */
      readonly recipe: ConfigRecipe;
      readonly version: string;
      /** Workers in all, which share the limits. */
      readonly count: number;
      readonly status: JsonObject;
    }
  | { readonly kind: "apply"; readonly id: number; readonly text: ConfigText }
  | { readonly kind: "collect" | "models"; readonly id: number }
  | { readonly kind: "drain"; readonly id: number; readonly drainMs: number; readonly windowMs: number }
  | { readonly kind: "status"; readonly status: JsonObject }
  /** Asks for a sign of life. */
  | { readonly kind: "beat" }
  | { readonly kind: "told"; readonly told: Told }
  | { readonly kind: "reply"; readonly id: number; readonly reply: SupervisorReply };

export type FromWorker =
  | { readonly kind: "listening"; readonly address: string }
  /** It could not start. The error's name and code, as the command line knows them. */
  | { readonly kind: "failed"; readonly name: string; readonly code?: string | undefined; readonly message: string }
  | { readonly kind: "reply"; readonly id: number; readonly reply: WorkerReply }
  /** The sign. `calls`: that are under way. */
  | { readonly kind: "alive"; readonly calls: number }
  | { readonly kind: "ask"; readonly id: number; readonly what: "metrics" | "reload" }
  | { readonly kind: "told"; readonly told: Told };

export type WorkerReply =
  | { readonly of: "apply"; readonly problem?: string | undefined }
  | { readonly of: "collect"; readonly metrics: object[] }
  | { readonly of: "models"; readonly listing: ModelListing }
  | { readonly of: "drain"; readonly cut: number };

export type SupervisorReply =
  | { readonly of: "metrics"; readonly contentType: string; readonly text: string }
  | { readonly of: "reload"; readonly status: JsonObject };

const isOurs = (message: unknown): boolean => typeof message === "object" && message !== null && "kind" in message;

/** Nobody but our own workers can write to the channel; what is no message at all is Node's. */
export const isFromWorker = (message: unknown): message is FromWorker => isOurs(message);
export const isToWorker = (message: unknown): message is ToWorker => isOurs(message);

/** So many bytes may wait to be told to one process; what comes then is not told, which costs signatures and kept answers. */
export const mostWaitingBytes = 32 * 1024 ** 2;
