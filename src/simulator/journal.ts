import { createHash } from "node:crypto";
import { createWriteStream, type WriteStream } from "node:fs";
import type { IncomingHttpHeaders } from "node:http";
import type { HeaderBag } from "../canonical/call.ts";
import type { Json } from "../canonical/json.ts";
import type { Clock } from "../canonical/ports.ts";
import type { InputBill } from "./brain/ask.ts";

/**
 * How a request ended, as the simulator saw it: served to the last byte; aborted by the peer; broken by a fault on purpose;
 * or still open.
 */
export type Outcome = "open" | "served" | "aborted" | "broken";

/** What a provider would have billed: the whole prompt, and the output tokens delivered until the end or the abort. */
export interface Bill {
  readonly input: InputBill;
  readonly outputTokens: number;
}

/** The witness of one request. A live object: it changes until `outcome` is no longer open. */
export interface Entry {
  readonly number: number;
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly method: string;
  readonly path: string;
  /** Credentials are replaced by `[secret]`; `credential` tells them apart. */
  readonly headers: HeaderBag;
  /** SHA-256 of the credential sent (Authorization without "Bearer ", x-api-key, x-goog-api-key, api-key, or `key` in the query), in hex. */
  readonly credential: string | undefined;
  readonly wire: string | undefined;
  readonly model: string | undefined;
  readonly stream: boolean;
  /** Parsed; undefined where it was no JSON, or was dropped to keep the journal within its bounds. */
  readonly body: Json | undefined;
  /** Why the request was refused with 400. */
  readonly errors: readonly string[];
  readonly fault: string | undefined;
  readonly recording: string | undefined;
  /** Status served; undefined where none went out. */
  readonly status: number | undefined;
  /** Stream events (or whole bodies) and body bytes the peer's connection accepted. */
  readonly events: number;
  readonly bytes: number;
  readonly outcome: Outcome;
  /** Milliseconds from arrival to the end. */
  readonly durationMs: number | undefined;
  readonly bill: Bill | undefined;
}

/** The part of an entry that is known later than its arrival. */
export type Later = {
  -readonly [Key in keyof Omit<Entry, "number" | "at" | "method" | "path" | "headers" | "credential">]: Entry[Key];
};

export interface OpenEntry {
  readonly entry: Entry;
  note(later: Partial<Later>): void;
  /** Ends the entry; further calls do nothing. */
  close(outcome: Exclude<Outcome, "open">): void;
}

interface Waiter {
  readonly matches: (entry: Entry) => boolean;
  readonly resolve: (entry: Entry) => void;
}

export interface JournalLimits {
  readonly entries: number;
  /** Of all bodies kept, as received. */
  readonly bodyBytes: number;
}

const secretHeaders = new Set(["authorization", "x-api-key", "api-key", "x-goog-api-key", "cookie", "proxy-authorization"]);

/** What the simulator received, served, saw aborted and would have billed. Bounded: forgets the oldest. */
export class Journal {
  readonly #entries: Entry[] = [];
  readonly #bodies: { readonly drop: () => void; readonly bytes: number }[] = [];
  readonly #waiters = new Set<Waiter>();
  readonly #limits: JournalLimits;
  readonly #clock: Clock;
  readonly #file: WriteStream | undefined;
  #bodyBytes = 0;
  #count = 0;

  constructor(clock: Clock, file?: string, limits: JournalLimits = { entries: 1000, bodyBytes: 32 * 1024 * 1024 }) {
    this.#clock = clock;
    this.#limits = limits;
    this.#file = file === undefined ? undefined : createWriteStream(file, { flags: "a" });
  }

  /** The newest entries, oldest first. */
  get entries(): readonly Entry[] {
    return this.#entries;
  }

  /** How many requests were received in all. */
  get received(): number {
    return this.#count;
  }

  clear(): void {
    this.#entries.length = 0;
    this.#bodies.length = 0;
    this.#bodyBytes = 0;
  }

  /** The first entry that matches, as soon as there is one. Rejects after `timeoutMs`. */
  waitFor(matches: (entry: Entry) => boolean, timeoutMs = 5000): Promise<Entry> {
    const found = this.#entries.find(matches);
    if (found) return Promise.resolve(found);
    return new Promise((resolve, reject) => {
      const stop = this.#clock.after(timeoutMs, () => {
        this.#waiters.delete(waiter);
        reject(new Error(`the simulator saw no matching request within ${timeoutMs} ms; ${this.#count} were received`));
      });
      const waiter: Waiter = {
        matches,
        resolve: (entry) => {
          stop();
          resolve(entry);
        },
      };
      this.#waiters.add(waiter);
    });
  }

  open(method: string, path: string, headers: IncomingHttpHeaders): OpenEntry {
    const started = this.#clock.now();
    const later: Later = {
      wire: undefined,
      model: undefined,
      stream: false,
      body: undefined,
      errors: [],
      fault: undefined,
      recording: undefined,
      status: undefined,
      events: 0,
      bytes: 0,
      outcome: "open",
      durationMs: undefined,
      bill: undefined,
    };
    const entry: Entry = Object.assign(later, {
      number: ++this.#count,
      at: this.#clock.wall(),
      method,
      path: path.replace(queryKey, "$1[secret]"),
      headers: publicHeaders(headers),
      credential: credentialOf(headers, path),
    });
    this.#entries.push(entry);
    if (this.#entries.length > this.#limits.entries) this.#entries.shift();
    return {
      entry,
      note: (more) => {
        Object.assign(later, more);
        this.#changed(entry);
      },
      close: (outcome) => {
        if (later.outcome !== "open") return;
        later.outcome = outcome;
        later.durationMs = this.#clock.now() - started;
        this.#changed(entry);
        this.#file?.write(`${JSON.stringify(entry)}\n`);
      },
    };
  }

  /** Counts a body that an entry keeps; the oldest bodies are dropped past the bound. */
  keepBody(open: OpenEntry, bytes: number): void {
    this.#bodies.push({ bytes, drop: () => open.note({ body: undefined }) });
    this.#bodyBytes += bytes;
    while (this.#bodyBytes > this.#limits.bodyBytes || this.#bodies.length > this.#limits.entries) {
      const oldest = this.#bodies.shift();
      if (!oldest) return;
      this.#bodyBytes -= oldest.bytes;
      oldest.drop();
    }
  }

  async close(): Promise<void> {
    const file = this.#file;
    if (file) await new Promise<void>((resolve) => file.end(() => resolve()));
  }

  #changed(entry: Entry): void {
    if (this.#waiters.size === 0) return;
    for (const waiter of this.#waiters) {
      if (!waiter.matches(entry)) continue;
      this.#waiters.delete(waiter);
      waiter.resolve(entry);
    }
  }
}

/** Headers as strings, credentials blanked. */
function publicHeaders(headers: IncomingHttpHeaders): HeaderBag {
  const bag: Record<string, string> = {};
  for (const name in headers) {
    const value = headers[name];
    if (value === undefined) continue;
    bag[name] = secretHeaders.has(name) ? "[secret]" : typeof value === "string" ? value : value.join(", ");
  }
  return bag;
}

const queryKey = /([?&]key=)([^&]*)/;

/** Gemini's key may stand in the query. */
const inQuery = (path: string): string | undefined => {
  const written = queryKey.exec(path)?.[2];
  return written === undefined ? undefined : (new URLSearchParams(`key=${written}`).get("key") ?? undefined);
};

function credentialOf(headers: IncomingHttpHeaders, path: string): string | undefined {
  const key = headers["x-api-key"] ?? headers["x-goog-api-key"] ?? headers["api-key"];
  const sent = headers.authorization?.replace(/^Bearer /i, "") ?? (typeof key === "string" ? key : inQuery(path));
  return sent === undefined ? undefined : createHash("sha256").update(sent).digest("hex");
}
