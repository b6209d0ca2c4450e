import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { createParser } from "eventsource-parser";
import type { WireEvent } from "../../../canonical/event.ts";
import { isObject, type Json, type JsonObject } from "../../../canonical/json.ts";

const root = process.env["POLYGATE_RECORDINGS"] ?? "../shared/recordings/open";

/** Why tests over recordings are skipped here; false where they are not. */
export const skip = existsSync(root) ? false : "no recordings here";

/** One exchange with a provider. */
export interface Recorded {
  /** `provider/api/name.json` */
  readonly file: string;
  readonly provider: string;
  readonly method: string;
  readonly url: URL;
  readonly headers: JsonObject;
  readonly request: Json | undefined;
  readonly status: number;
  /** The body: JSON, or a stream's text. */
  readonly reply: Json | undefined;
}

/** What was recorded in these folders: `provider/api`, or an api's name for all providers that have it. */
export function* recordings(folders: readonly string[]): Generator<Recorded> {
  if (!existsSync(root)) return;
  for (const provider of readdirSync(root, { withFileTypes: true })) {
    if (!provider.isDirectory()) continue;
    for (const api of readdirSync(join(root, provider.name))) {
      const folder = `${provider.name}/${api}`;
      if (!folders.includes(folder) && !folders.includes(api)) continue;
      for (const name of readdirSync(join(root, folder))) yield read(provider.name, `${folder}/${name}`);
    }
  }
}

function read(provider: string, file: string): Recorded {
  const found: Json = JSON.parse(readFileSync(join(root, file), "utf8"));
  if (!isObject(found) || !isObject(found["request"]) || !isObject(found["response"])) throw new Error(`${file} is no recording`);
  const { request, response } = found;
  return {
    file,
    provider,
    method: String(request["method"]),
    url: new URL(String(request["url"]), "http://here"),
    headers: isObject(request["headers"]) ? request["headers"] : {},
    request: request["body"],
    status: Number(response["status"]),
    reply: response["body"],
  };
}

/** The events of a body of server-sent events; some that were recorded lack the last blank line. */
export function eventsOf(stream: string): WireEvent[] {
  const found: WireEvent[] = [];
  const parser = createParser({ onEvent: ({ event, data }) => found.push({ event, data }) });
  parser.feed(`${stream}\n\n`);
  return found;
}
