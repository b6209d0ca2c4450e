import { GatewayError } from "../canonical/error.ts";
import type { Operation } from "../canonical/operations.ts";
import type { Reply } from "../canonical/reply.ts";
import type { Gateway as Core } from "../compose.ts";
import { callError } from "./call-error.ts";
import { chatRequest, outputForm } from "./chat-request.ts";
import { embedRequest, embedResult } from "./embed.ts";
import type { Gateway, GenerateStream, Health, Models } from "./gateway.ts";
import { generateResult } from "./generate-result.ts";
import { LiveStream } from "./generate-stream.ts";
import { type CallHouse, LibraryCall, type LibraryRequest } from "./library-call.ts";
import type { EmbedRequest, GenerateRequest } from "./request.ts";
import type { CountResult, EmbedResult, GenerateResult } from "./result.ts";

/** The library's face of a composed gateway. */
export class LiveGateway implements Gateway {
  readonly #core: Core;
  readonly #house: CallHouse;
  /** Calls under way, each with what ends it. */
  readonly #calls = new Map<LibraryCall, () => Promise<void>>();
  #closing: Promise<void> | undefined;

  constructor(core: Core, house: CallHouse) {
    this.#core = core;
    this.#house = house;
  }

  generate(request: GenerateRequest): Promise<GenerateResult> {
    return this.#whole(request, async (call) => {
      const asked = call.canonical("chat", chatRequest(request), { stream: false, output: outputForm(request) });
      const result = whole(await this.#core.handler(asked));
      return generateResult(result, call.facts(result.model, result.usage), request.output !== undefined);
    });
  }

  generateStream(request: GenerateRequest): GenerateStream {
    const call = new LibraryCall(this.#house, request ?? {});
    const stream = new LiveStream({
      call,
      wantsJson: request?.output !== undefined,
      start: async () => {
        this.#admit();
        return this.#core.handler(call.canonical("chat", chatRequest(request), { stream: true, output: outputForm(request) }));
      },
      onEnd: () => this.#over(call),
    });
    this.#calls.set(call, () => stream.cancel());
    return stream;
  }

  embed(request: EmbedRequest): Promise<EmbedResult> {
    return this.#whole(request, async (call) => {
      const result = whole(await this.#core.handler(call.canonical("embed", embedRequest(request), { stream: false })));
      return embedResult(result, call.facts(result.model, result.usage));
    });
  }

  countTokens(request: GenerateRequest): Promise<CountResult> {
    return this.#whole(request, async (call) => {
      const asked = call.canonical("count-tokens", chatRequest(request), { stream: false });
      const { inputTokens, estimated = false } = whole(await this.#core.handler(asked));
      return { ...call.facts(undefined, undefined), inputTokens, estimated };
    });
  }

  models(): Promise<Models> {
    return this.#whole({}, () => this.#core.listModels());
  }

  health(): Health {
    const { trouble, queued, dropped, refused } = this.#core.ledgerHealth();
    return { trouble, queued, lost: dropped + refused };
  }

  flush(): Promise<void> {
    return this.#core.flush();
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #whole<T>(request: LibraryRequest, work: (call: LibraryCall) => Promise<T>): Promise<T> {
    const call = new LibraryCall(this.#house, request ?? {});
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#calls.set(call, () => {
      call.abort(new DOMException("The gateway was closed.", "AbortError"));
      return promise;
    });
    try {
      this.#admit();
      return await work(call);
    } catch (thrown) {
      throw callError(thrown, call);
    } finally {
      this.#over(call);
      resolve();
    }
  }

  #admit(): void {
    if (this.#closing !== undefined)
      throw new GatewayError("gateway_overloaded", "This gateway was closed; make another.", { retryable: false });
  }

  #over(call: LibraryCall): void {
    call.end();
    this.#calls.delete(call);
  }

  async #close(): Promise<void> {
    await Promise.all([...this.#calls.values()].map((end) => end()));
    await this.#core.close();
  }
}

function whole<Op extends Operation>(reply: Reply<Op>): Extract<Reply<Op>, { stream: false }>["result"] {
  if (!reply.stream) return reply.result;
  throw new GatewayError("internal", "The gateway streamed an answer to a call that asked for a whole one.");
}
