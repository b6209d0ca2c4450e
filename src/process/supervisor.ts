import cluster from "node:cluster";
import { toGatewayError } from "../canonical/error.ts";
import { exitCodes } from "../cli/exit-codes.ts";
import type { ConfigSource, Running } from "../cli/ports.ts";
import type { Settings } from "../compose.ts";
import type { ConfigText } from "../config/load.ts";
import type { Reloader } from "../config/reloader.ts";
import { weigh } from "../conversations/weigh.ts";
import { AdminKey } from "../identity/admin-key.ts";
import { failureFields } from "../telemetry/failure-fields.ts";
import type { ProcessLog } from "../telemetry/log.ts";
import { mergedMetrics } from "../telemetry/metrics.ts";
import { openProcessLog } from "../telemetry/process-log.ts";
import { systemClock } from "../transport/clock.ts";
import { systemRandom } from "../transport/random.ts";
import { CrewMember } from "./crew-member.ts";
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

const patienceMs = 10_000;
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
  readonly #members = new Set<CrewMember>();
  #text: ConfigText;
  #deaths = 0;
  #restarts = 0;
  #stopping = false;

  constructor(options: SupervisorOptions) {
    const { config, source, resolve } = options;
    this.#options = options;
    this.#text = source.inForce;
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
    this.#reloader = reloading({
      clock: systemClock,
      started: config,
      source: settingsSource(source, resolve),
      admin: this.#adminKey,
      apply: (_, text) => this.#apply(text),
      onAttempt: (line, taken) => {
        attemptsIn(log)(line, taken);
        const status = this.#reloader.status();
        for (const member of this.#members) member.tell({ kind: "status", status });
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
    const text = this.#text;
    return new Promise((resolve, reject) => {
      const member = new CrewMember((from, message) => {
        if (message.kind === "listening") {
          this.#members.add(from);
          // Another configuration may have come while it was starting.
          if (this.#text !== text) from.tell({ kind: "apply", id: 0, text: this.#text });
          resolve(message.address);
        } else if (message.kind === "failed") {
          reject(Object.assign(new Error(message.message), { name: message.name, code: message.code }));
          from.kill();
        } else this.#hear(from, message);
      });
      void member.ended.then((how) => {
        reject(new Error(`a worker ended before it served (${how})`));
        if (this.#members.delete(member)) this.#mourn(member, how);
      });
      const status = this.#reloader.status();
      member.begin({ kind: "begin", text, recipe: source.recipe, version, count, status });
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
      for (const member of this.#members) member.kill();
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
        const bytes = weigh(message.told);
        for (const member of this.#members) if (member !== from) member.tell(message, bytes);
        return;
      }
      case "ask":
        void this.#answer(message.what).then((reply) => from.tell({ kind: "reply", id: message.id, reply }));
        return;
      case "listening":
      case "failed":
      case "reply":
        return;
    }
  }

  async #answer(what: "metrics" | "reload"): Promise<SupervisorReply> {
    if (what === "reload") {
      await this.#reloader.reload("request");
      return { of: "reload", status: this.#reloader.status() };
    }
    const replies = await this.#askAll((member) => member.ask((id) => ({ kind: "collect", id }), patienceMs));
    const merged = await mergedMetrics(replies.flatMap((reply) => (reply.of === "collect" ? [reply.metrics] : [])));
    return { of: "metrics", contentType: merged.contentType, text: `${merged.text.trimEnd()}\n${this.#ownMetrics()}` };
  }

  #ownMetrics(): string {
    return [
      "# HELP polygate_workers Processes that serve.",
      "# TYPE polygate_workers gauge",
      `polygate_workers ${this.#members.size}`,
      "# HELP polygate_worker_restarts_total Workers that were started in place of one that died.",
      "# TYPE polygate_worker_restarts_total counter",
      `polygate_worker_restarts_total ${this.#restarts}`,
      "",
    ].join("\n");
  }

  /** What the living say; one that dies meanwhile says nothing. */
  async #askAll<T>(ask: (member: CrewMember) => Promise<T>): Promise<readonly T[]> {
    const outcomes = await Promise.allSettled([...this.#members].map(ask));
    return outcomes.flatMap((outcome) => (outcome.status === "fulfilled" ? [outcome.value] : []));
  }

  async #apply(text: ConfigText): Promise<void> {
    const before = this.#text;
    this.#text = text;
    const replies = await this.#askAll((member) => member.ask((id) => ({ kind: "apply", id, text }), patienceMs));
    const problem = replies
      .flatMap((reply) => (reply.of === "apply" ? [reply.problem] : []))
      .find((found) => found !== undefined);
    if (problem === undefined) return;
    this.#text = before;
    await this.#askAll((member) => member.ask((id) => ({ kind: "apply", id, text: before }), patienceMs));
    throw new Error(problem);
  }

  async #listModels(): ReturnType<Running["listModels"]> {
    const [first] = this.#members;
    const reply = await first?.ask((id) => ({ kind: "models", id }), patienceMs);
    return reply?.of === "models" ? reply.listing : { models: [], silent: [] };
  }

  async #close(drainMs: number, windowMs: number): Promise<number> {
    this.#stopping = true;
    this.#reloader.stop();
    const members = [...this.#members];
    const graceMs = drainMs + 5000;
    const replies = await this.#askAll((member) => member.ask((id) => ({ kind: "drain", id, drainMs, windowMs }), graceMs));
    for (const member of members.slice(0, members.length - replies.length)) member.kill();
    await Promise.all(members.map(({ ended }) => ended));
    return replies.reduce((sum, reply) => sum + (reply.of === "drain" ? reply.cut : 0), 0);
  }
}
