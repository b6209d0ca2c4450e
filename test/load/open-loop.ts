import { Agent, request } from "node:http";

/** What one call of a load came to. */
export interface Outcome {
  readonly status: number;
  /** From when the call was due, not from when it was sent: a driver that is late must not flatter. Milliseconds. */
  readonly firstByteMs: number;
  /** From when it was sent. */
  readonly answeredMs: number;
  readonly retryAfter: string | undefined;
}

export interface Load {
  readonly url: string;
  readonly headers: { readonly [name: string]: string };
  readonly body: string;
}

/** Calls that come at fixed times, whatever becomes of those before them. */
export class OpenLoop {
  readonly #agent = new Agent({ keepAlive: true, maxSockets: Number.POSITIVE_INFINITY, maxFreeSockets: 4096 });
  readonly #load: Load;

  constructor(load: Load) {
    this.#load = load;
  }

  /** One after the other on each of `lanes` connections for `ms`; gives how many were answered with 200 per second. */
  async closed(lanes: number, ms: number): Promise<number> {
    const end = performance.now() + ms;
    let served = 0;
    const lane = async (): Promise<void> => {
      while (performance.now() < end) if ((await this.#call(performance.now())).status === 200) served++;
    };
    await Promise.all(Array.from({ length: lanes }, lane));
    return served / (ms / 1000);
  }

  /** `rate` calls a second for `ms`; gives what came of those that were due in the last two thirds, once all have ended. */
  async open(rate: number, ms: number): Promise<readonly Outcome[]> {
    const began = performance.now();
    const calls: Promise<Outcome>[] = [];
    for (;;) {
      const now = performance.now();
      if (now - began >= ms) break;
      while (calls.length < ((now - began) / 1000) * rate) calls.push(this.#call(began + (calls.length / rate) * 1000));
      await new Promise((resume) => setTimeout(resume, 2));
    }
    const outcomes = await Promise.all(calls);
    return outcomes.slice(Math.floor(outcomes.length / 3));
  }

  close(): void {
    this.#agent.destroy();
  }

  #call(dueAt: number): Promise<Outcome> {
    const { url, headers, body } = this.#load;
    const sentAt = performance.now();
    const since = () => ({ firstByteMs: performance.now() - dueAt, answeredMs: performance.now() - sentAt });
    return new Promise((resolve) => {
      const failed = (): void => resolve({ status: 0, ...since(), retryAfter: undefined });
      const call = request(url, {
        method: "POST",
        agent: this.#agent,
        headers: { ...headers, "content-type": "application/json", "content-length": Buffer.byteLength(body) },
      });
      call.on("error", failed);
      call.on("response", (response) => {
        const times = since();
        const status = response.statusCode ?? 0;
        response.resume();
        response.on("error", failed);
        response.on("end", () => resolve({ status, ...times, retryAfter: response.headers["retry-after"] }));
      });
      call.end(body);
    });
  }
}

/** The value that `share` of them do not pass. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
}
