/*
 * Which texts of requests and answers only machines read: pictures, sounds, documents and what a model's maker has sealed. Told
 * by their place and by what they are: a text that merely looks like base64 is looked at.
 */

/** What stands around a text. */
export interface Around {
  /** The member that holds it, or the list that it is in. */
  readonly key: string;
  /** The object that has this member. */
  readonly holder: object;
  /** The member that holds the object. */
  readonly outer: string;
}

/** A text in base64 that says a text, and what stands before it. */
export interface Encoded {
  readonly prefix: string;
  readonly text: string;
}

const sealed = /^[A-Za-z0-9+/]{64,}={0,2}$/;
/** Sealed by OpenAI: the one that is spelled with the signs of addresses. */
const fernet = /^gAAAA[A-Za-z0-9_-]{64,}={0,2}$/;
const base64 = /^[A-Za-z0-9+/_-]*={0,2}$/;
const dataUrl = /^data:([a-z0-9.+/-]{0,100})(?:;[^,;]{0,100}){0,4};base64,/i;

/** What a member of that name holds, if it holds what is not for reading. */
const held: ReadonlyMap<string, "seal" | "media" | "address"> = new Map([
  ...(["signature", "thoughtSignature", "thought_signature", "encrypted", "encrypted_content", "redacted", "value"] as const).map(
    (name) => [name, "seal"] as const,
  ),
  ...(["data", "b64_json", "result"] as const).map((name) => [name, "media"] as const),
  ...(
    ["url", "uri", "image_url", "file_url", "fileUri", "file_uri", "file_data", "fileData", "image", "audio", "video"] as const
  ).map((name) => [name, "address"] as const),
]);

/** Whether a text is for machines only; or the text that it says in base64. Undefined: it is a text like any other. */
export function unreadable(text: string, { key, holder, outer }: Around): "opaque" | Encoded | undefined {
  if (text.length < 12) return undefined;
  switch (held.get(key)) {
    case undefined:
      return undefined;
    case "seal":
      return isSeal(key, holder, outer) && (sealed.test(text) || fernet.test(text)) ? "opaque" : undefined;
    case "media": {
      if (key === "data" && member(holder, "type") === "redacted_thinking") return sealed.test(text) ? "opaque" : undefined;
      const type = mediaType(key, holder);
      return type === undefined ? undefined : encoded(text, "", type);
    }
    case "address": {
      const url = dataUrl.exec(text);
      return url === null ? undefined : encoded(text, url[0], url[1] ?? "");
    }
  }
}

function isSeal(key: string, holder: object, outer: string): boolean {
  const type = member(holder, "type");
  switch (key) {
    case "value":
      return outer === "seal";
    case "signature":
    case "encrypted":
    case "redacted":
      return type === "thinking" || type === "reasoning";
    case "thoughtSignature":
    case "thought_signature":
    case "encrypted_content":
      return true;
    default:
      return false;
  }
}

/** What the wires say of the base64 in a member; undefined where none of them has any there. */
function mediaType(key: string, holder: object): string | undefined {
  if (key === "b64_json") return "image/";
  if (key === "result") return member(holder, "type") === "image_generation_call" ? "image/" : undefined;
  const gemini = member(holder, "mimeType") ?? member(holder, "mime_type");
  if (gemini !== undefined) return gemini;
  if (member(holder, "type") === "base64" || member(holder, "kind") === "base64") {
    return member(holder, "media_type") ?? member(holder, "mediaType");
  }
  const format = member(holder, "format");
  return format === undefined ? undefined : `audio/${format}`;
}

function member(holder: object, name: string): string | undefined {
  const value: unknown = Reflect.get(holder, name);
  return typeof value === "string" ? value : undefined;
}

function encoded(text: string, prefix: string, type: string): "opaque" | Encoded | undefined {
  const data = prefix === "" ? text : text.slice(prefix.length);
  if (!base64.test(data)) return undefined;
  const family = type.slice(0, type.indexOf("/") + 1).toLowerCase();
  const said = family !== "text/" && begins(family, data) ? undefined : textOf(data);
  if (said !== undefined) return { prefix, text: said };
  if (family === "text/") return undefined;
  return begins(family, data) || (!known(type) && isRaw(family, data)) ? "opaque" : undefined;
}

/** The text that base64 says; undefined where it says none. */
function textOf(data: string): string | undefined {
  const bytes = Buffer.from(data, "base64");
  if (bytes.length === 0 || bytes.subarray(0, 4096).includes(0)) return undefined;
  try {
    return strict.decode(bytes);
  } catch {
    return undefined;
  }
}

const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** What files of a family begin with, as text of one byte each, and where it stands. */
const beginnings: { readonly [family: string]: readonly (readonly [at: number, text: string])[] } = {
  "image/": [
    ...([
      [0, "\x89PNG"],
      [0, "\xff\xd8\xff"],
      [0, "GIF8"],
      [0, "RIFF"],
      [4, "ftyp"],
      [0, "BM"],
      [0, "II*\0"],
      [0, "MM\0*"],
    ] as const),
  ],
  "audio/": [
    ...([
      [0, "RIFF"],
      [0, "ID3"],
      [0, "\xff\xfb"],
      [0, "\xff\xf3"],
      [0, "\xff\xf2"],
      [0, "\xff\xf1"],
      [0, "\xff\xf9"],
    ] as const),
    ...([
      [0, "OggS"],
      [0, "fLaC"],
      [4, "ftyp"],
      [0, "\x1aE\xdf\xa3"],
      [0, "FORM"],
    ] as const),
  ],
  "video/": [
    ...([
      [4, "ftyp"],
      [0, "\x1aE\xdf\xa3"],
      [0, "RIFF"],
      [0, "\0\0\x01"],
      [0, "FLV"],
      [0, "OggS"],
      [4, "moov"],
    ] as const),
  ],
  "application/": [
    ...([
      [0, "%PDF"],
      [0, "PK\x03\x04"],
      [0, "\xd0\xcf\x11\xe0"],
      [0, "\x1f\x8b"],
    ] as const),
  ],
};

function begins(family: string, data: string): boolean {
  const of = beginnings[family];
  if (of === undefined) return false;
  const head = Buffer.from(data.slice(0, 16), "base64").toString("latin1");
  return of.some(([at, text]) => head.startsWith(text, at));
}

/** Sound as it is measured, and the like, begin as they please: long enough, and in letters that no key has alone. */
const isRaw = (family: string, data: string): boolean =>
  beginnings[family] !== undefined && data.length >= 1024 && sealed.test(data);

/** Types that always begin as their family does: without it they are something else. */
const known = (type: string): boolean =>
  /^(?:image\/(?:png|jpe?g|gif|webp|heic|heif|avif|bmp|tiff)?|application\/pdf|audio\/(?:wave?|x-wav|mp3|mpeg|ogg|flac|m4a|mp4|webm)|video\/(?:mp4|webm|quicktime))$/i.test(
    type,
  );
