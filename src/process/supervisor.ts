import cluster from "node:cluster";
import { toGatewayError } from "../canonical/error.ts";
import type { JsonObject } from "../canonical/json.ts";
import type { Settings } from "../compose.ts";
import type { Config } from "../config/config.ts";
import type { Reloader } from "../config/reloader.ts";
import { weigh } from "../conversations/weigh.ts";
import { AdminKey } from "../identity/admin-key.ts";
import { failureFields } from "../telemetry/failure-fields.ts";
import type { ProcessLog } from "../telemetry/log.ts";
import { mergedMetrics } from "../telemetry/metrics.ts";
import { openProcessLog } from "../telemetry/process-log.ts";
import { systemClock } from "../transport/clock.ts";
import { systemRandom } from "../transport/random.ts";
import type { ConfigSource, Running } from "./contract.ts";
import { Crew } from "./crew.ts";
import { CrewMember } from "./crew-member.ts";
import { exitCodes } from "./exit-codes.ts";
import { catchFaults } from "./faults.ts";
import { onHangUp } from "./hang-up.ts";
import type { FromWorker, SupervisorReply } from "./messages.ts";
import { attemptsIn, reloading } from "./reloading.ts";
import { whereIs } from "./serve-here.ts";
import { type Resolve, refuseAdminKey, settingsSource } from "./settings-source.ts";

export interface SupervisorOptions extends Settings {
  readonly source: ConfigSource;
  readonly resolve: Resolve;
  readonly version: string;
  /** Workers. */
  readonly count: number;
}

/** Has several processes serve at one address. Throws what kept the first of them from starting. */
export async function supervise(options: SupervisorOptions): Promise<Running> {
  // Plain data goes over the channel as it is, bytes included; connections are dealt out one by one.
  cluster.setupPrimary({ serialization: "advanced" });
  cluster.schedulingPolicy = cluster.SCHED_RR;
  const supervisor = new Supervisor(options);
  return supervisor.start();
}

/** For providers to say which models they have. */
const listMs = 10_000;
/** A worker that lives so long did not die of its start. */
const soundMs = 10_000;
/** Deaths in a row, each soon after its start: the next would be no other. */
const mostDeaths = 5;

class Supervisor {
  readonly #options: SupervisorOptions;
  readonly #log: ProcessLog;
  readonly #format: "json" | "pretty";
  readonly #adminKey: AdminKey;
  readonly #reloader: Reloader;
  readonly #crew: Crew;
  #timeouts: Config["timeouts"];
  #deaths = 0;
  #restarts = 0;
  /** To workers that did not keep up. */
  #untold = 0;
  #stopping = false;

  constructor(options: SupervisorOptions) {
    const { config, source, resolve } = options;
    this.#options = options;
    this.#timeouts = config.timeouts;
    const { log, format, redactor } = openProcessLog(config.log, config.environment, systemClock);
    this.#log = log;
    this.#format = format;
    const onTrouble = (message: string): void => log.warn("trouble", { message });
    this.#adminKey = AdminKey.open({
      dataDir: config.dataDir,
      given: config.environment.get("POLYGATE_ADMIN_KEY"),
      random: systemRandom,
      onKey: (key) => redactor.add(key),
      onTrouble,
    });
    refuseAdminKey(config, this.#adminKey);
    this.#crew = new Crew({
      clock: systemClock,
      text: source.inForce,
      onKill: ({ pid, calls }, reason) => log.error("worker_killed", { pid, reason, calls }),
      onChange: () => this.#tellStatus(),
    });
    this.#reloader = reloading({
      clock: systemClock,
      started: config,
      source: settingsSource(source, resolve),
      admin: this.#adminKey,
      apply: async ({ config: next }, text) => {
        await this.#crew.apply(text);
        this.#timeouts = next.timeouts;
      },
      onAttempt: (line, taken) => {
        attemptsIn(log)(line, taken);
        this.#tellStatus();
      },
      onTrouble,
    });
  }

  async start(): Promise<Running> {
    const { count, version } = this.#options;
    // The first one alone: what it meets, all would meet, and it makes the tables.
    const address = await this.#spawn();
    await Promise.all(Array.from({ length: count - 1 }, () => this.#spawn()));
    this.#reloader.start();
    this.#crew.watch();
    process.once("exit", () => this.#crew.killAll());
    const forgetFaults = catchFaults({
      fail: () => undefined,
      tell: (thrown) => this.#log.error("uncaught", failureFields("none", toGatewayError(thrown))),
      onBroken: () => process.exit(exitCodes.broken),
    });
    const forgetHangUp = onHangUp(() => void this.#reloader.reload("signal"));
    if (this.#format === "json") this.#log.info("listening", { address, version, workers: count });
    return {
      address,
      adminKey: whereIs(this.#adminKey),
      listModels: () => this.#listModels(),
      timeouts: () => this.#timeouts,
      ...(this.#format === "json" && { note: (event: string, message: string) => this.#log.info(event, { message }) }),
      close: (drainMs, windowMs) => {
        forgetHangUp();
        return this.#close(drainMs, windowMs).finally(forgetFaults);
      },
    };
  }

  /** Resolves to its address once the worker takes calls. */
  #spawn(): Promise<string> {
    const { source, version, count } = this.#options;
    return new Promise((resolve, reject) => {
      const member = new CrewMember((from, message) => {
        if (message.kind === "listening") {
          this.#crew.serves(from);
          resolve(message.address);
        } else if (message.kind === "failed") {
          reject(Object.assign(new Error(message.message), { name: message.name, code: message.code }));
          from.kill();
        } else this.#hear(from, message);
      });
      void member.ended.then((how) => {
        reject(new Error(`a worker ended before it served (${how})`));
        if (this.#crew.remove(member)) this.#mourn(member, how);
      });
      const { text } = this.#crew;
      member.begin({ kind: "begin", text, recipe: source.recipe, version, count, status: this.#status() });
      this.#crew.add(member);
    });
  }

  #mourn(member: CrewMember, how: string): void {
    if (this.#stopping) return;
    this.#log.error("worker_died", { pid: member.pid, how });
    this.#deaths = performance.now() - member.startedAt > soundMs ? 1 : this.#deaths + 1;
    this.#replace();
  }

  #replace(): void {
    if (this.#deaths >= mostDeaths) {
      this.#log.error("workers_crashing", { deaths: this.#deaths, exit_code: exitCodes.crashing });
      this.#stopping = true;
      this.#crew.killAll();
      setTimeout(() => process.exit(exitCodes.crashing), 100);
      return;
    }
    setTimeout(
      () => {
        if (this.#stopping) return;
        this.#restarts++;
        this.#spawn().catch((thrown: unknown) => {
          this.#log.error("worker_not_started", { message: thrown instanceof Error ? thrown.message : String(thrown) });
          this.#deaths++;
          if (!this.#stopping) this.#replace();
        });
      },
      Math.min(5000, 50 * 2 ** this.#deaths),
    );
  }

  #hear(from: CrewMember, message: FromWorker): void {
    switch (message.kind) {
      case "told": {
        this.#untold += this.#crew.tell(message, weigh(message.told), from);
        return;
      }
      case "ask":
        void this.#answer(message.what).then((reply) => from.tell({ kind: "reply", id: message.id, reply }));
        return;
      case "listening":
      case "failed":
      case "reply":
      case "alive":
        return;
    }
  }

  async #answer(what: "metrics" | "reload"): Promise<SupervisorReply> {
    if (what === "reload") {
      await this.#reloader.reload("request");
      return { of: "reload", status: this.#status() };
    }
    const replies = await this.#crew.askAll((id) => ({ kind: "collect", id }));
    const snapshots = replies.flatMap((reply) => (reply?.of === "collect" ? [reply.metrics] : []));
    const silent = replies.length - snapshots.length;
    const merged = await mergedMetrics([...snapshots, [untoldMetric(this.#untold)]]);
    return { of: "metrics", contentType: merged.contentType, text: `${merged.text.trimEnd()}\n${this.#ownMetrics(silent)}` };
  }

  #ownMetrics(silent: number): string {
    return [
      "# HELP polygate_workers Processes that serve.",
      "# TYPE polygate_workers gauge",
      `polygate_workers ${this.#crew.size}`,
      "# HELP polygate_workers_silent Of these, those that did not answer, and whose figures are therefore missing here.",
      "# TYPE polygate_workers_silent gauge",
      `polygate_workers_silent ${silent}`,
      "# HELP polygate_worker_restarts_total Workers that were started in place of one that died.",
      "# TYPE polygate_worker_restarts_total counter",
      `polygate_worker_restarts_total ${this.#restarts}`,
      "",
    ].join("\n");
  }

  #status(): JsonObject {
    return { ...this.#reloader.status(), workers: this.#crew.view() };
  }

  #tellStatus(): void {
    this.#crew.tell({ kind: "status", status: this.#status() });
  }

  async #listModels(): ReturnType<Running["listModels"]> {
    for (const reply of await this.#crew.askAll((id) => ({ kind: "models", id }), listMs, 1)) {
      if (reply?.of === "models") return reply.listing;
    }
    return { models: [], silent: [] };
  }

  #close(drainMs: number, windowMs: number): Promise<number> {
    this.#stopping = true;
    this.#reloader.stop();
    return this.#crew.drain(drainMs, windowMs);
  }
}

const untoldMetric = (value: number): object => ({
  name: "polygate_untold_total",
  help: "Signatures and answers that other workers were not told of, because too much waited.",
  type: "counter",
  aggregator: "sum",
  values: [{ value, labels: {} }],
});
