import type { IncomingMessage } from "node:http";
import { GatewayError, toGatewayError } from "../canonical/error.ts";
import type { Clock } from "../canonical/ports.ts";
import type { BodyBudget } from "./body-budget.ts";

export interface BodyTerms {
  /** Largest body in bytes. */
  readonly limit: number;
  /** Of all bodies together. */
  readonly budget: BodyBudget;
  readonly clock: Clock;
  /** From then on a body must have come at `slowest` on average. */
  readonly graceMs: number;
}

/** Bytes per second. */
const slowest = 512;
const lookMs = 1000;

/**
 * Reads the body and takes its size off the budget: the reader gives it back when done with the body, unless this throws.
 * Throws `payload_too_large` as soon as the limit is passed (also when only announced), `gateway_overloaded` when the budget is
 * used up, `invalid_request` with status 408 where it comes too slowly, `cancelled` when the caller goes away first.
 */
export function readBody(request: IncomingMessage, { limit, budget, clock, graceMs }: BodyTerms): Promise<Buffer> {
  const announced = request.headers["content-length"];
  if (announced !== undefined && Number(announced) > limit) return Promise.reject(tooLarge(limit));
  return new Promise((resolve, reject) => {
    let first: Buffer | undefined;
    let pieces: Buffer[] | undefined;
    let size = 0;
    let over = false;
    let stopTimer = (): void => {};
    const settle = (): void => {
      over = true;
      stopTimer();
    };
    const fail = (error: GatewayError): void => {
      if (over) return;
      settle();
      request.removeAllListeners("data");
      budget.give(size);
      reject(error);
    };
    const watch = (sinceMs: number): void => {
      stopTimer = clock.after(sinceMs === 0 ? graceMs : lookMs, () => {
        const ms = sinceMs === 0 ? graceMs : sinceMs + lookMs;
        if (size * 1000 < slowest * ms) fail(tooSlow(size, ms));
        else watch(ms);
      });
    };
    watch(0);
    const onData = (piece: Buffer): void => {
      if (size + piece.length > limit) {
        fail(tooLarge(limit));
        return;
      }
      try {
        budget.take(piece.length);
      } catch (thrown) {
        fail(toGatewayError(thrown));
        return;
      }
      size += piece.length;
      if (first === undefined) first = piece;
      else {
        pieces ??= [first];
        pieces.push(piece);
      }
    };
    const onError = (cause: unknown): void =>
      fail(new GatewayError("cancelled", "The caller went away while sending.", { cause }));
    const onClose = (): void => {
      if (!request.complete) fail(new GatewayError("cancelled", "The caller went away while sending."));
    };
    const onEnd = (): void => {
      settle();
      // The request outlives its body, on a connection that is kept even its answer: what listens to it must not hold the body.
      request.off("data", onData).off("end", onEnd).off("close", onClose).on("error", ignore).off("error", onError);
      resolve(pieces ? Buffer.concat(pieces, size) : (first ?? Buffer.alloc(0)));
    };
    request.on("data", onData).on("end", onEnd).on("error", onError).on("close", onClose);
  });
}

const ignore = (): void => {};

const tooLarge = (limit: number): GatewayError =>
  new GatewayError(
    "payload_too_large",
    `The body is larger than the ${limit} bytes this gateway takes. Send less, or have the operator raise \`limits.body_bytes\`.`,
  );

const tooSlow = (size: number, ms: number): GatewayError =>
  new GatewayError(
    "invalid_request",
    `The body came too slowly: ${size} bytes in ${Math.round(ms / 1000)} s, and at least ${slowest} a second are wanted. Send it again.`,
    { status: 408 },
  );
