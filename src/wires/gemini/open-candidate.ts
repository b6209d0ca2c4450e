import type { ChatChunk } from "../../canonical/chat.ts";
import { isArray, isObject, type Json, type JsonObject } from "../../canonical/json.ts";
import type { Origin, Part, Seal } from "../../canonical/parts.ts";
import type { Names } from "../shared/names.ts";
import { list, object, text } from "../shared/read.ts";
import type { Restore } from "../shared/schema/index.ts";
import { decodeCitations } from "./citations.ts";
import { decodeFinish, finishWord } from "./finish.ts";
import { decodeLogprobs } from "./logprobs.ts";
import { isUrlSafe, mediaPart, toStandard } from "./media.ts";
import { PartialArgs } from "./partial-args.ts";

/** What reading an answer needs to know of its request. */
export interface Reading {
  readonly origin: Origin;
  readonly names: Names;
  /** By names as sent: how arguments are put back into the form of the caller's schema. */
  readonly restores: ReadonlyMap<string, Restore>;
  /** Names (as sent) of tools that take free text. */
  readonly custom: ReadonlySet<string>;
  /** Names (as sent) of the caller's functions, where calls of others are the provider's own. */
  readonly own: ReadonlySet<string> | undefined;
  /** Puts the answer's text back into the form of the caller's schema. */
  readonly answer: Restore | undefined;
  /** A new id for a call that has none. */
  readonly newId: () => string;
}

/** A call whose arguments still come. */
interface OpenCall {
  readonly call: JsonObject;
  readonly seal: Seal | undefined;
  readonly args: PartialArgs;
}

const dataFields = ["functionCall", "executableCode", "codeExecutionResult", "toolCall", "toolResponse", "functionResponse"];
const readOfCandidate = new Set(["content", "finishReason", "index"]);

/**
 * One candidate of an answer being read. Text and thoughts that follow each other are one part each; a part that bears a seal
 * is kept apart, as it has to come back just so. Everything else comes whole.
 */
export class OpenCandidate {
  readonly #index: number;
  readonly #reading: Reading;
  #parts = 0;
  #spoken: { readonly kind: "text" | "reasoning"; readonly part: number; sealed: boolean } | undefined;
  /** An empty part that bears the seal of what is being said. */
  #mark: Part | undefined;
  #call: OpenCall | undefined;
  /** The text so far, for the places that citations name. */
  #said = "";
  /** Text held back until it is whole. */
  #held: string | undefined;
  #heldSeal: Seal | undefined;
  #hasCalls = false;
  /** What the candidate told besides its content. */
  #told: Record<string, Json> = {};
  finish: string | null = null;
  #closed = false;

  constructor(index: number, reading: Reading) {
    this.#index = index;
    this.#reading = reading;
  }

  read(candidate: JsonObject, out: ChatChunk[]): void {
    const parts = list(object(candidate["content"])?.["parts"]) ?? [];
    const logprobs = candidate["logprobsResult"] ? decodeLogprobs(candidate["logprobsResult"]) : undefined;
    let first = true;
    for (const part of parts) {
      if (isObject(part)) this.#part(part, first ? logprobs : undefined, out);
      first = false;
    }
    for (const field in candidate) if (!readOfCandidate.has(field)) this.#tell(field, candidate[field]);
    const word = finishWord(candidate["finishReason"]);
    // Some answers go on after a finish reason: code that was run, tools that the provider called.
    if (word !== null || parts.length > 0) this.finish = word;
  }

  /**
   * Ends all parts and says how the candidate finished.
   *
   * @param clean the whole answer was received
   */
  close(clean: boolean, out: ChatChunk[]): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#endCall(out);
    this.#release(out);
    const cited = decodeCitations(this.#told, this.#said);
    if (cited.length > 0 && this.#spoken?.kind !== "text") this.#open("text", undefined, "", out);
    for (const citation of cited) {
      out.push({ type: "part-delta", choice: this.#index, part: this.#spoken?.part ?? 0, delta: { type: "citation", citation } });
    }
    this.#endSpoken(out);
    if (!clean && this.finish === null) return;
    const told = Object.keys(this.#told).length > 0 ? this.#told : undefined;
    const finish = decodeFinish(this.finish, this.#hasCalls, told);
    // No word at all, in an answer that is whole, is a stop.
    const silent = this.finish === null && finish.reason === "other" && this.#parts > 0;
    out.push({ type: "finish", choice: this.#index, finish: silent ? { ...finish, reason: "stop" } : finish });
  }

  #tell(field: string, value: Json | undefined): void {
    if (value === undefined || value === null) return;
    const before = this.#told[field];
    this.#told[field] = isObject(before) && isObject(value) ? merged(before, value) : value;
  }

  #part(part: JsonObject, logprobs: JsonObject | undefined, out: ChatChunk[]): void {
    const said = part["text"];
    const signature = text(part["thoughtSignature"]);
    const seal = signature === undefined || signature === "" ? undefined : { value: signature, origin: this.#reading.origin };
    const call = part["functionCall"];
    if (isObject(call) && !this.#isServed(call)) this.#functionCall(call, seal, out);
    else if (typeof said === "string") this.#say(part["thought"] === true ? "reasoning" : "text", said, seal, logprobs, out);
    else if (isObject(part["inlineData"])) this.#inline(part["inlineData"], seal, out);
    else if (isObject(part["fileData"])) this.#file(part["fileData"], seal, out);
    else if (Object.keys(part).every((field) => field === "thoughtSignature" || field === "thought")) {
      if (seal !== undefined) this.#say("text", "", seal, undefined, out);
    } else {
      const kind = dataFields.find((field) => part[field] !== undefined) ?? "part";
      this.#place({ type: "opaque", origin: this.#reading.origin, kind, value: part }, out);
    }
  }

  #say(kind: "text" | "reasoning", said: string, seal: Seal | undefined, logprobs: Json | undefined, out: ChatChunk[]): void {
    if (kind === "text") {
      this.#said += said;
      if (this.#reading.answer !== undefined) {
        this.#held = (this.#held ?? "") + said;
        this.#heldSeal ??= seal;
        return;
      }
    }
    const open = this.#spoken;
    if (seal !== undefined) {
      const mark: Part = { ...this.#bare(kind, ""), seal, as: "seal" };
      if (said !== "") this.#open(kind, seal, said, out);
      else if (open?.kind !== kind || open.sealed) this.#place(mark, out);
      else {
        // It stands on an empty part behind what was said, and follows when that ends: citations may still come.
        open.sealed = true;
        this.#mark = mark;
      }
      return;
    }
    if (said === "" && logprobs === undefined) return;
    if (open === undefined || open.kind !== kind || open.sealed) this.#open(kind, undefined, "", out);
    const part = this.#spoken?.part ?? 0;
    if (kind === "text" && logprobs !== undefined) {
      out.push({ type: "part-delta", choice: this.#index, part, delta: { type: kind, text: said, logprobs } });
    } else out.push({ type: "part-delta", choice: this.#index, part, delta: { type: kind, text: said } });
  }

  #open(kind: "text" | "reasoning", seal: Seal | undefined, said: string, out: ChatChunk[]): void {
    this.#endSpoken(out);
    const bare = this.#bare(kind, said);
    const part = this.#start(seal === undefined ? bare : { ...bare, seal }, out);
    this.#spoken = { kind, part, sealed: seal !== undefined };
  }

  #bare(kind: "text" | "reasoning", said: string): Part {
    return kind === "text" ? { type: kind, text: said } : { type: kind, text: said, origin: this.#reading.origin };
  }

  #start(content: Part, out: ChatChunk[]): number {
    const part = this.#parts++;
    out.push({ type: "part-start", choice: this.#index, part, content });
    return part;
  }

  #endSpoken(out: ChatChunk[]): void {
    if (this.#spoken === undefined) return;
    out.push({ type: "part-end", choice: this.#index, part: this.#spoken.part });
    this.#spoken = undefined;
    const mark = this.#mark;
    if (mark === undefined) return;
    this.#mark = undefined;
    out.push({ type: "part-end", choice: this.#index, part: this.#start(mark, out) });
  }

  /** A part that is known whole at once. */
  #place(content: Part, out: ChatChunk[]): void {
    this.#release(out);
    this.#endSpoken(out);
    const part = this.#start(content, out);
    out.push({ type: "part-end", choice: this.#index, part });
  }

  /** Text that was held back, in the form the caller's schema wants. */
  #release(out: ChatChunk[]): void {
    const held = this.#held;
    if (held === undefined) return;
    this.#held = undefined;
    const said = restored(held, this.#reading.answer);
    if (said !== "" || this.#heldSeal !== undefined) this.#open("text", this.#heldSeal, said, out);
    this.#heldSeal = undefined;
  }

  /** Whether the provider runs the call itself. */
  #isServed({ name }: JsonObject): boolean {
    const { own } = this.#reading;
    if (own === undefined) return false;
    return typeof name === "string" ? !own.has(name) : this.#call === undefined;
  }

  #functionCall(call: JsonObject, seal: Seal | undefined, out: ChatChunk[]): void {
    const goesOn = call["willContinue"] === true;
    const pieces = list(call["partialArgs"]);
    if (call["name"] !== undefined || this.#call === undefined) {
      this.#endCall(out);
      if (!goesOn && pieces === undefined) {
        this.#called(call, object(call["args"]) ?? {}, seal, out);
        return;
      }
      this.#call = { call, seal, args: new PartialArgs() };
    }
    if (pieces !== undefined) this.#call.args.add(pieces);
    if (!goesOn) this.#endCall(out);
  }

  #endCall(out: ChatChunk[]): void {
    const open = this.#call;
    if (open === undefined) return;
    this.#call = undefined;
    this.#called(open.call, open.args.value(), open.seal, out);
  }

  #called(call: JsonObject, args: JsonObject, seal: Seal | undefined, out: ChatChunk[]): void {
    const { names, restores, custom, newId } = this.#reading;
    const sent = text(call["name"]) ?? "";
    const { input } = args;
    const free = custom.has(sent) && typeof input === "string";
    this.#hasCalls = true;
    this.#release(out);
    this.#endSpoken(out);
    const base = { type: "tool-call" as const, id: text(call["id"]) || newId(), name: names.original(sent), arguments: "" };
    const part = this.#start({ ...base, ...(custom.has(sent) && { kind: "custom" }), ...(seal && { seal }) }, out);
    const written = free ? input : JSON.stringify(restores.get(sent)?.(args) ?? args);
    out.push({ type: "part-delta", choice: this.#index, part, delta: { type: "arguments", text: written } });
    out.push({ type: "part-end", choice: this.#index, part });
  }

  #inline(blob: JsonObject, seal: Seal | undefined, out: ChatChunk[]): void {
    const data = text(blob["data"]) ?? "";
    const mediaType = text(blob["mimeType"]) ?? "application/octet-stream";
    const part = mediaPart(mediaType, { kind: "base64", mediaType, data: isUrlSafe(data) ? toStandard(data) : data });
    this.#place(seal === undefined ? part : { ...part, seal }, out);
  }

  #file(file: JsonObject, seal: Seal | undefined, out: ChatChunk[]): void {
    const mediaType = text(file["mimeType"]);
    const part = mediaPart(mediaType, { kind: "url", url: text(file["fileUri"]) ?? "", mediaType });
    this.#place(seal === undefined ? part : { ...part, seal }, out);
  }
}

function restored(said: string, answer: Restore | undefined): string {
  if (answer === undefined) return said;
  try {
    return JSON.stringify(answer(JSON.parse(said)));
  } catch {
    return said;
  }
}

/** Two tellings of one thing: lists grow (later chunks of a stream tell only what is new), else the later counts. */
function merged(before: JsonObject, after: JsonObject): JsonObject {
  const made: Record<string, Json | undefined> = { ...before };
  for (const [field, value] of Object.entries(after)) {
    const there = before[field];
    made[field] = isArray(there) && isArray(value) ? [...there, ...value.filter((one) => !includes(there, one))] : value;
  }
  return made;
}

const includes = (list: readonly Json[], value: Json): boolean => {
  const written = JSON.stringify(value);
  return list.some((one) => JSON.stringify(one) === written);
};
