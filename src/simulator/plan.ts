import type { InputBill } from "./brain/ask.ts";
import type { Frames } from "./face.ts";

/** How fast a stream goes out. */
export interface Pace {
  /** Milliseconds between writes; 0 = as fast as the peer takes them. */
  readonly ms: number;
  /** Events per write; 0 = as many as fit. */
  readonly events: number;
}

export interface PlanHeaders {
  readonly [name: string]: string;
}

/** A reply as it is meant to go out; a fault changes it, or how its bytes are written. */
export interface Plan {
  readonly status: number;
  readonly headers: PlanHeaders;
  /** A whole body, or a stream's frames. */
  readonly body: string | Uint8Array | Frames;
  readonly pace: Pace;
  /** The prompt's bill; absent where nothing is billed. */
  readonly input: InputBill | undefined;
  /** Output tokens of a whole body. */
  readonly outputTokens: number;
}

export const isFrames = (body: Plan["body"]): body is Frames => typeof body === "object" && "texts" in body;

/** The body in the units that faults count: a stream's events, or the one whole body. */
export function eventsOf(plan: Plan): readonly { readonly bytes: Buffer; readonly outputTokens: number }[] {
  const { body } = plan;
  if (!isFrames(body)) return [{ bytes: Buffer.from(body), outputTokens: plan.outputTokens }];
  return body.texts.map((text, i) => ({ bytes: Buffer.from(text), outputTokens: body.outputTokens[i] ?? 0 }));
}
