import { readdirSync, readFileSync, statSync } from "node:fs";
import { basename, join } from "node:path";
import { isObject, type Json } from "../canonical/json.ts";
import type { Pace, Plan, PlanHeaders } from "./plan.ts";

const served =
  /^(content-type|retry-after|retry-after-ms|request-id|x-request-id|x-should-retry|x-ratelimit-.*|anthropic-.*|openai-.*)$/;

/** Recorded exchanges, by id. Reads a file only when it is asked for. */
export class Recordings {
  readonly #files = new Map<string, string>();
  readonly #thoughts = new Set<string>();

  /** `path`: one recording, or a directory of them at any depth. Files are named `<id>.json`. Throws where there is none. */
  constructor(path: string) {
    if (statSync(path).isFile()) this.#files.set(basename(path, ".json"), path);
    else {
      for (const entry of readdirSync(path, { recursive: true, withFileTypes: true })) {
        if (entry.isFile() && entry.name.endsWith(".json"))
          this.#files.set(basename(entry.name, ".json"), join(entry.parentPath, entry.name));
      }
    }
  }

  get size(): number {
    return this.#files.size;
  }

  /** The recorded response as it was: status, the headers that say something to a client, body. */
  plan(id: string, pace: Pace): Plan | undefined {
    const file = this.#files.get(id);
    if (file === undefined) return undefined;
    const text = readFileSync(file, "utf8");
    const record: Json = JSON.parse(text);
    const response = isObject(record) ? record["response"] : undefined;
    if (!isObject(response)) return undefined;
    const body = response["body"];
    this.#remember(typeof body === "string" ? body : JSON.stringify(body ?? null));
    const status = typeof response["status"] === "number" ? response["status"] : 200;
    return { status, headers: headersOf(response["headers"]), body: bodyOf(body), pace, input: undefined, outputTokens: 0 };
  }

  /** Whether a recording that was served held this signature or redacted thought. */
  issued(signature: string): boolean {
    return this.#thoughts.has(signature);
  }

  #remember(body: string): void {
    for (const [, value] of body.matchAll(/"(?:signature|thoughtSignature|data|encrypted_content)" ?: ?"([^"\\]{16,})"/g))
      if (value !== undefined) this.#thoughts.add(value);
  }
}

function headersOf(recorded: Json | undefined): PlanHeaders {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(isObject(recorded) ? recorded : {})) {
    if (served.test(name.toLowerCase()) && typeof value === "string") headers[name.toLowerCase()] = value;
  }
  return headers;
}

function bodyOf(body: Json | undefined): Plan["body"] {
  if (body === undefined || body === null) return "";
  if (typeof body === "string") return /^\ufeff?\s*(data|event|id|retry)?:/.test(body) ? framesOf(body) : body;
  if (isObject(body) && typeof body["base64"] === "string") return Buffer.from(body["base64"], "base64");
  return JSON.stringify(body);
}

/** The stream cut after each blank line; joined it is the text again. */
function framesOf(text: string): Plan["body"] {
  const texts = text.split(/(?<=\r\n\r\n|\n\n|\r\r)/);
  return { texts, outputTokens: texts.map(() => 0) };
}
