import type { Config } from "../../config/config.ts";
import { ConfigError } from "../../config/problems.ts";
import { loadFor } from "../commands/command.ts";
import { findLocalServers } from "../first-minute.ts";
import { unreached } from "../near.ts";
import type { Ports } from "../ports.ts";
import { jsonText } from "../terminal/json.ts";
import { paintFor } from "../terminal/paint.ts";
import { Progress } from "../terminal/progress.ts";
import type { Finding, State } from "./finding.ts";
import { checkBooks, checkData, checkPort, checkSecrets } from "./machine.ts";
import { checkProviders, patients } from "./providers.ts";

export interface DoctorOptions {
  readonly config?: string | undefined;
  /** How long each provider may take to answer. */
  readonly timeoutMs: number;
  readonly json: boolean;
  /** Only these providers; none: all. */
  readonly only: readonly string[];
}

/** `polygate doctor`: looks at the machine, the configuration and every provider. Resolves to the exit code: 1 where something is in the way. */
export async function doctorCommand(options: DoctorOptions, ports: Ports): Promise<number> {
  const findings = await examine(options, ports);
  if (options.json) {
    const ok = findings.every(({ state }) => state !== "problem");
    ports.out(jsonText({ ok, findings }));
  } else print(findings, ports);
  return findings.some(({ state }) => state === "problem") ? 1 : 0;
}

async function examine({ config: path, timeoutMs, only }: DoctorOptions, ports: Ports): Promise<readonly Finding[]> {
  const version: Finding = { check: "polygate", state: "ok", what: `${ports.version} on Node ${ports.nodeVersion}` };
  let config: Config;
  try {
    config = await loadFor(ports, path);
  } catch (thrown) {
    if (!(thrown instanceof ConfigError)) throw thrown;
    const wrong = thrown.problems.map((problem): Finding => {
      const what = new ConfigError([problem]).message;
      const todo = problem.line === undefined ? "write or name it otherwise, and look again" : "correct that line";
      return { check: "config", state: "problem", what, todo };
    });
    return [version, ...wrong];
  }
  const found: Finding = {
    check: "config",
    state: "ok",
    what: config.file ?? "none: the defaults hold, and providers come from the environment",
  };
  const engine = await ports.engine();
  const progress = new Progress(ports);
  progress.show("looking for local model servers …");
  const local = config.file === undefined ? await findLocalServers((url, ms) => ports.getJson(url, ms)) : [];
  const whole = { ...config, providers: [...config.providers, ...local] };
  const all = patients(whole, engine).filter(({ name }) => only.length === 0 || only.includes(name));
  const waiting = new Set(all.map(({ name }) => name));
  const wait = (): void =>
    progress.show(`${all.length - waiting.size}/${all.length} providers answered; waiting for ${[...waiting].join(", ")} …`);
  wait();
  try {
    const [port, books, providers] = await Promise.all([
      checkPort(config, ports),
      checkBooks(config),
      checkProviders(all, {
        config: whole,
        engine,
        ports,
        timeoutMs,
        onDone: (name) => {
          waiting.delete(name);
          wait();
        },
      }),
    ]);
    const unknown = only.filter((name) => !all.some((one) => one.name === name));
    return [
      version,
      found,
      ...checkSecrets(config, ports),
      ...checkData(config, ports),
      ...books,
      port,
      ...callers(config.server),
      ...providers,
      ...unknown.map(
        (name): Finding => ({
          check: `provider ${name}`,
          state: "problem",
          what: "it is not configured",
          todo: `name it in the configuration, or set its credential's variable`,
        }),
      ),
      ...(all.length === 0 && unknown.length === 0 ? [nobody(engine.keyVariables)] : []),
    ];
  } finally {
    progress.clear();
  }
}

function callers(server: Config["server"]): readonly Finding[] {
  const shut = unreached(server);
  return shut === undefined ? [] : [{ check: "callers", state: "warning", ...shut }];
}

const nobody = (keyVariables: readonly string[]): Finding => ({
  check: "providers",
  state: "problem",
  what: "none is known, so `polygate serve` would answer from a simulator",
  todo: `set one of ${keyVariables.join(", ")}, start Ollama or LM Studio, or write a configuration`,
});

const marks = { ok: "ok", note: "note", warning: "warning", problem: "PROBLEM" } as const satisfies Record<State, string>;
const colours = { ok: "green", note: "dim", warning: "yellow", problem: "red" } as const;

function print(findings: readonly Finding[], ports: Ports): void {
  const paint = paintFor(ports, "out");
  const width = Math.max(...findings.map(({ check }) => check.length));
  for (const { check, state, what, todo } of findings) {
    ports.out(`${paint(colours[state], marks[state].padEnd(7))}  ${check.padEnd(width)}  ${what}`);
    if (todo !== undefined) ports.out(`${" ".repeat(7 + 2 + width + 2)}${paint("bold", `→ ${todo}`)}`);
  }
  const problems = findings.filter(({ state }) => state === "problem").length;
  ports.out("");
  ports.out(
    problems === 0
      ? "Nothing is in the way of calls."
      : `${problems} ${problems === 1 ? "thing is" : "things are"} in the way of calls.`,
  );
}
