import type { ChatChunk, ChatResult, Choice, Delta, Finish } from "../../src/canonical/chat.ts";
import type { Part } from "../../src/canonical/parts.ts";
import type { Usage } from "../../src/canonical/usage.ts";
import { type Diff, diff, str } from "./json.ts";
import { note, type ReadChoice, type Reading, type ReadUsage } from "./reading.ts";

/* Reads what a codec decoded, without canonical/accumulate (which is judged too). */

export function readResult(result: ChatResult): Reading {
  return {
    id: result.id,
    model: result.model,
    choices: result.choices.map(readChoice),
    usage: result.usage && readUsage(result.usage),
    error: false,
    ended: true,
  };
}

function readChoice(choice: Choice): ReadChoice {
  const opaque: string[] = [];
  const seals: string[] = [];
  const order: string[] = [];
  let text = "";
  let reasoning = "";
  let refusal = "";
  const calls: { name: string; args: string; id: string }[] = [];
  for (const part of choice.content) {
    if (part.type === "text") {
      text += part.text;
      note(order, "text", part.text);
    } else if (part.type === "refusal") {
      refusal += part.text;
      note(order, "refusal", part.text);
    } else if (part.type === "tool-call") {
      calls.push({ name: part.name, args: part.arguments, id: part.id });
      note(order, "call", part.name);
    } else if (part.type === "reasoning") {
      reasoning += part.text;
      note(order, "reasoning", part.text);
      for (const payload of [part.signature, part.redacted, part.encrypted]) if (payload) opaque.push(payload);
      if (part.signature) seals.push(`thought ${part.signature}`);
    }
    // What only its maker can read carries its mark inside.
    const seal = part.seal?.value ?? (part.type === "opaque" ? str(part.value["thoughtSignature"]) : undefined);
    if (seal) {
      opaque.push(seal);
      seals.push(`${bearerOf(part, calls.length - 1)} ${seal}`);
    }
  }
  return { index: choice.index, text, reasoning, refusal, calls, finish: choice.finish.reason, opaque, seals, order };
}

function bearerOf(part: Part, call: number): string {
  if (part.type === "tool-call") return `call ${call}`;
  if (part.type === "reasoning") return "thought";
  return part.type === "text" ? "text" : "other";
}

export function readUsage(usage: Usage): ReadUsage {
  const cacheWrite = usage.cacheWrite5m + usage.cacheWrite1h;
  return {
    input: usage.inputUncached + usage.cacheRead + cacheWrite,
    cacheRead: usage.cacheRead,
    cacheWrite,
    cacheWrite1h: usage.cacheWrite1h,
    output: usage.outputVisible + usage.outputReasoning,
    reasoning: usage.outputReasoning,
    odd: usage.anomaly !== undefined,
  };
}

/** Folds chunks into a reading and holds them to the order that canonical/chat.ts promises. */
export function readChunks(
  chunks: readonly ChatChunk[],
  ended: boolean,
): { readonly reading: Reading; readonly faults: readonly Diff[] } {
  const faults: Diff[] = [];
  const fault = (what: string, at: unknown): void => {
    faults.push(diff("chunk-order", what, at));
  };
  const parts = new Map<number, Map<number, { part: Part; closed: boolean }>>();
  const finishes = new Map<number, Finish>();
  let head: { id?: string | undefined; model?: string | undefined } | undefined;
  let usage: Usage | undefined;
  let error = false;
  for (const chunk of chunks) {
    if (chunk.type === "start") {
      if (head) fault("one start", chunk);
      head = chunk.head;
    } else if (!head && chunk.type !== "ping" && chunk.type !== "error" && chunk.type !== "progress") fault("start first", chunk);
    switch (chunk.type) {
      case "part-start": {
        const own = parts.get(chunk.choice) ?? new Map<number, { part: Part; closed: boolean }>();
        parts.set(chunk.choice, own);
        if (chunk.part !== own.size) fault(`parts numbered from 0: ${own.size} next`, chunk);
        if (finishes.has(chunk.choice)) fault("no part after finish", chunk);
        own.set(chunk.part, { part: chunk.content, closed: false });
        break;
      }
      case "part-delta": {
        const open = parts.get(chunk.choice)?.get(chunk.part);
        if (!open || open.closed) fault("delta in an open part", chunk);
        else {
          const grown = grow(open.part, chunk.delta);
          if (grown) open.part = grown;
          else fault("delta that fits its part", chunk);
        }
        break;
      }
      case "part-end": {
        const open = parts.get(chunk.choice)?.get(chunk.part);
        if (!open || open.closed) fault("end of an open part", chunk);
        else open.closed = true;
        break;
      }
      case "finish":
        if (finishes.has(chunk.choice)) fault("one finish per choice", chunk);
        finishes.set(chunk.choice, chunk.finish);
        break;
      case "usage":
        usage = chunk.usage;
        break;
      case "error":
        error = true;
        break;
      case "start":
      case "ping":
      case "progress":
        break;
    }
  }
  for (const own of parts.values())
    for (const { closed, part } of own.values()) if (!closed) fault("every part closed", part.type);
  const indices = [...new Set([...parts.keys(), ...finishes.keys()])].sort((a, b) => a - b);
  if (ended) for (const index of indices) if (!finishes.has(index)) fault("a finish for every choice", index);
  const choices = indices.map((index) =>
    readChoice({
      index,
      content: [...(parts.get(index) ?? new Map<number, { part: Part }>()).values()].map((open) => open.part),
      finish: finishes.get(index) ?? { reason: "other", raw: null },
    }),
  );
  return { reading: { id: head?.id, model: head?.model, choices, usage: usage && readUsage(usage), error, ended }, faults };
}

function grow(part: Part, delta: Delta): Part | undefined {
  switch (delta.type) {
    case "text":
      return part.type === "text" ? { ...part, text: part.text + delta.text } : undefined;
    case "refusal":
      return part.type === "refusal" ? { ...part, text: part.text + delta.text } : undefined;
    case "reasoning":
      return part.type === "reasoning" ? { ...part, text: part.text + delta.text } : undefined;
    case "signature":
      return part.type === "reasoning" ? { ...part, signature: (part.signature ?? "") + delta.signature } : undefined;
    case "arguments":
      return part.type === "tool-call" ? { ...part, arguments: part.arguments + delta.text } : undefined;
    case "citation":
      return part.type === "text" ? part : undefined;
    case "audio":
      return part.type === "audio" ? part : undefined;
    case "opaque":
      return part.type === "opaque" ? part : undefined;
  }
}
