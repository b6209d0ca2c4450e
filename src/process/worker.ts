import type { JsonObject } from "../canonical/json.ts";
import type { Config } from "../config/config.ts";
import { type ConfigText, parseConfig } from "../config/load.ts";
import type { Told } from "../conversations/told.ts";
import { weigh } from "../conversations/weigh.ts";
import { knownNames, resolveProviders } from "../providers/index.ts";
import {
  type FromWorker,
  isToWorker,
  mostWaitingBytes,
  type SupervisorReply,
  type ToWorker,
  type WorkerReply,
} from "./messages.ts";
import { Questions } from "./questions.ts";
import { type Here, runHere } from "./serve-here.ts";
import { settingsSource } from "./settings-source.ts";

type Begin = Extract<ToWorker, { readonly kind: "begin" }>;

/** One of several processes that serve: does what its supervisor says, and nothing on its own account. */
export function workerMain(): void {
  // A terminal tells every process of a program; what is to be done then, the supervisor decides.
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => {});
  const worker = new GatewayWorker();
  process.on("message", (message: unknown) => {
    if (isToWorker(message)) void worker.hear(message);
  });
}

/** Largest thing that is told to the other workers. */
const mostTold = 8 * 1024 ** 2;
/** The supervisor gives up much sooner those whom it asks in turn. */
const patienceMs = 10_000;

class GatewayWorker {
  readonly #questions = new Questions<SupervisorReply>();
  #here: Here | undefined;
  #begun: Promise<void> | undefined;
  #status: JsonObject = {};
  #apply: (text: ConfigText) => void = () => {};
  #waiting = 0;
  #untold = 0;

  async hear(message: ToWorker): Promise<void> {
    switch (message.kind) {
      case "begin":
        this.#begun = this.#begin(message);
        return this.#begun;
      case "apply":
        // It serves nobody before it has followed.
        await this.#begun;
        return this.#reply(message.id, { of: "apply", problem: this.#applied(message.text) });
      case "collect": {
        const metrics = (await this.#here?.running.gateway.telemetry.metrics?.snapshot()) ?? [];
        return this.#reply(message.id, { of: "collect", metrics });
      }
      case "models": {
        const listing = (await this.#here?.running.gateway.listModels()) ?? { models: [], silent: [] };
        return this.#reply(message.id, { of: "models", listing });
      }
      case "drain": {
        const cut = (await this.#here?.close(message.drainMs, message.windowMs)) ?? 0;
        process.send?.({ kind: "reply", id: message.id, reply: { of: "drain", cut } } satisfies FromWorker, () =>
          process.exit(0),
        );
        return;
      }
      case "status":
        this.#status = message.status;
        return;
      case "beat":
        return this.#say({ kind: "alive", calls: this.#here?.running.callsUnderWay() ?? 0 });
      case "told":
        this.#here?.running.gateway.hear(message.told);
        return;
      case "reply":
        this.#questions.answer(message.id, message.reply);
        return;
    }
  }

  async #begin({ text, recipe, version, count, status }: Begin): Promise<void> {
    this.#status = status;
    const loading = { env: process.env, cwd: process.cwd(), overrides: recipe.overrides, known: knownNames };
    const source = settingsSource(
      {
        inForce: text,
        read: () => text,
        parse: (next) => {
          const config = parseConfig(loading, next);
          return share({ ...config, providers: [...config.providers, ...recipe.found] }, count);
        },
        // The supervisor has seen to that.
        check: () => {},
        recipe,
      },
      (config) => resolveProviders(config.providers, config.environment),
    );
    try {
      const settings = source.settings(text);
      const here = await runHere({
        ...settings,
        version,
        handed: true,
        tell: (told) => this.#tell(told),
        operator: this.#operator(),
      });
      this.#here = here;
      this.#apply = (next) => here.running.gateway.apply(source.settings(next));
      here.running.gateway.telemetry.metrics?.add([
        {
          name: "polygate_untold_total",
          help: "Signatures and answers that other workers were not told of, because too much waited.",
          kind: "counter",
          read: () => this.#untold,
        },
      ]);
      this.#say({ kind: "listening", address: here.running.address });
    } catch (thrown) {
      const error = thrown instanceof Error ? thrown : new Error(String(thrown));
      const code = "code" in error ? String(error.code) : undefined;
      this.#say({ kind: "failed", name: error.name, code, message: error.message });
    }
  }

  #applied(text: ConfigText): string | undefined {
    try {
      this.#apply(text);
      return undefined;
    } catch (thrown) {
      return thrown instanceof Error ? thrown.message : String(thrown);
    }
  }

  #operator() {
    const ask = (what: "metrics" | "reload") => this.#questions.ask((id) => this.#say({ kind: "ask", id, what }), patienceMs);
    return {
      metrics: async () => {
        const reply = await ask("metrics");
        return reply.of === "metrics" ? reply : { contentType: "text/plain; charset=utf-8", text: "" };
      },
      configStatus: () => this.#status,
      reload: async () => {
        const reply = await ask("reload");
        return reply.of === "reload" ? reply.status : this.#status;
      },
    };
  }

  #tell(told: Told): void {
    const bytes = weigh(told);
    if (bytes > mostTold || this.#waiting + bytes > mostWaitingBytes) {
      this.#untold++;
      return;
    }
    this.#waiting += bytes;
    process.send?.({ kind: "told", told } satisfies FromWorker, () => {
      this.#waiting -= bytes;
    });
  }

  #reply(id: number, reply: WorkerReply): void {
    this.#say({ kind: "reply", id, reply });
  }

  #say(message: FromWorker): void {
    process.send?.(message);
  }
}

/** What all workers together may take, each takes its part of: connections are dealt out evenly. */
function share(config: Config, count: number): Config {
  const part = (whole: number): number => Math.ceil(whole / count);
  const { connections, connectionsPerAddress, allBodiesBytes, concurrentCalls, wrongKeys } = config.limits;
  return {
    ...config,
    limits: {
      ...config.limits,
      connections: part(connections),
      connectionsPerAddress: part(connectionsPerAddress),
      allBodiesBytes: part(allBodiesBytes),
      concurrentCalls: part(concurrentCalls),
      wrongKeys: part(wrongKeys),
    },
  };
}
