import { parseArgs } from "node:util";
import { type Group, groups, isGroup } from "./cases.ts";

export interface GivenGateway {
  readonly name: string;
  readonly url: string;
}

export interface Options {
  readonly quick: boolean;
  readonly peers: boolean;
  readonly groups: readonly Group[];
  /** Only the cases whose names hold this. */
  readonly match: string;
  readonly rounds: number;
  /** Names of our own gateways to run: floor, polygate (unguarded, guarded), portkey. */
  readonly gateways: readonly string[];
  /** Gateways already running, measured beside ours. */
  readonly given: readonly GivenGateway[];
  /** Ports of the two upstreams, where a given gateway has to know them beforehand; 0 = any free one. */
  readonly ports: readonly [json: number, stream: number];
  readonly memoryCalls: number;
  /** Writes a V8 CPU profile of Polygate here. */
  readonly profile: string | undefined;
}

export const help = `npm run bench -- [options]
  --quick               fewer and shorter rounds: a smoke test, not a figure to publish
  --only A,B            of ${groups.join(", ")}
  --match TEXT          of those only the cases whose names hold it, e.g. "to gemini"
  --rounds N            rounds per case (default 5; 2 with --quick)
  --gateways A,B        of floor, polygate, portkey (default: those); unguarded and guarded: Polygate with no guards, and with all
  --no-peers            leave Portkey out
  --gateway NAME=URL    also measure a gateway that already runs on this machine (repeatable)
  --ports JSON,STREAM   fixed upstream ports, for a --gateway that must know them
  --memory-calls N      calls of the memory run (default 200000; 20000 with --quick)
  --profile DIR         write a CPU profile of Polygate to DIR`;

export class UsageError extends Error {}

/** Reads the command line. Throws UsageError with a sentence. */
export function readOptions(argv: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...argv],
    allowNegative: true,
    options: {
      quick: { type: "boolean", default: false },
      peers: { type: "boolean", default: true },
      only: { type: "string" },
      match: { type: "string", default: "" },
      rounds: { type: "string" },
      gateways: { type: "string" },
      gateway: { type: "string", multiple: true, default: [] },
      ports: { type: "string", default: "0,0" },
      "memory-calls": { type: "string" },
      profile: { type: "string" },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) throw new UsageError(help);
  const [json, stream] = values.ports.split(",").map((port) => count(port, "--ports"));
  return {
    quick: values.quick,
    peers: values.peers,
    groups: values.only === undefined ? groups : values.only.split(",").map(group),
    match: values.match,
    rounds: count(values.rounds ?? (values.quick ? "2" : "5"), "--rounds"),
    gateways: values.gateways?.split(",") ?? ["floor", "polygate", ...(values.peers ? ["portkey"] : [])],
    given: values.gateway.map(given),
    ports: [json ?? 0, stream ?? 0],
    memoryCalls: count(values["memory-calls"] ?? (values.quick ? "20000" : "200000"), "--memory-calls"),
    profile: values.profile,
  };
}

function group(name: string): Group {
  if (isGroup(name)) return name;
  throw new UsageError(`--only ${name}: there are ${groups.join(", ")}.`);
}

function count(text: string, flag: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 0) return value;
  throw new UsageError(`${flag} ${text}: a whole number is needed.`);
}

function given(text: string): GivenGateway {
  const [name, ...url] = text.split("=");
  if (name && url.length > 0 && URL.canParse(url.join("="))) return { name, url: url.join("=") };
  throw new UsageError(`--gateway ${text}: write NAME=URL, such as other=http://127.0.0.1:8787.`);
}
