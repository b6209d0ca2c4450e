/*
 * The plan of the house as data: what may import what (docs/architecture.md tells why). An area is a directory of src/, or a
 * file that stands in src/ itself.
 */

const everyArea = [
  "canonical",
  "framing",
  "catalog",
  "storage",
  "telemetry",
  "config",
  "wires",
  "transport",
  "providers",
  "limits",
  "identity",
  "prompts",
  "conversations",
  "sites",
  "retrieval",
  "ledger",
  "policy",
  "router",
  "ensemble",
  "batch",
  "ingress",
  "simulator",
  "cli",
] as const;

/** What a composition is made of. */
export const belowIngress: readonly string[] = everyArea.filter((area) => area !== "ingress" && area !== "cli");

const plan: { readonly [area: string]: readonly string[] } = {
  canonical: [],
  framing: ["canonical"],
  catalog: ["canonical"],
  storage: ["canonical"],
  telemetry: ["canonical"],
  config: ["canonical"],
  wires: ["canonical"],
  transport: ["canonical", "framing"],
  providers: ["canonical", "wires", "transport"],
  limits: ["canonical", "storage"],
  identity: ["canonical", "storage"],
  prompts: ["canonical", "storage"],
  conversations: ["canonical", "storage"],
  sites: ["canonical", "storage"],
  retrieval: ["canonical", "catalog", "storage"],
  ledger: ["canonical", "catalog", "storage"],
  policy: ["canonical", "catalog", "ledger", "identity", "limits", "prompts", "conversations", "retrieval"],
  router: ["canonical", "catalog", "framing", "providers", "wires", "transport", "limits"],
  ensemble: ["canonical"],
  batch: ["canonical", "catalog", "wires", "providers", "transport", "prompts", "storage", "ledger"],
  ingress: ["canonical", "wires", "framing"],
  simulator: ["canonical", "framing"],
  // `usage` reads the ledger's file while the gateway may be running.
  cli: ["canonical", "compose.ts", "simulator", "config", "ledger", "identity", "machine", "process"],
  // The real things behind the command line's ports.
  machine: ["canonical"],
  "gateway.ts": ["canonical"],
  "snapshot.ts": ["gateway.ts", ...belowIngress],
  "compose.ts": ["gateway.ts", "snapshot.ts", ...belowIngress],
  // What a process does besides serving calls: it follows its configuration, supervises workers, survives faults.
  process: ["canonical", "config", "identity", "conversations", "providers", "transport", "compose.ts", "server.ts"],
  "server.ts": ["canonical", "compose.ts", "config", "identity", "ingress", "limits", "process"],
  // The library's face: what it needs of the gateway it loads when one is made.
  library: ["canonical", "compose.ts", "config", "identity", "providers", "storage", "wires"],
  "index.ts": ["library", "canonical", "config", "storage"],
};

/** Area → the areas it may import besides itself. An area that is not listed may not exist. */
export const mayImport: { readonly [area: string]: readonly string[] } = { ...plan, "main.ts": Object.keys(plan) };

/** All but these may also import telemetry. */
export const withoutTelemetry: ReadonlySet<string> = new Set(["canonical", "wires", "framing"]);

/** Packages, each with the areas that may know of them. */
export const packages: { readonly [name: string]: readonly string[] } = {
  undici: ["transport"],
  "eventsource-parser": ["framing"],
  kysely: ["storage", "ledger"],
  yaml: ["config", "simulator"],
  zod: ["config"],
  commander: ["cli"],
  "@cfworker/json-schema": ["policy"],
  jsonrepair: ["policy"],
  pino: ["telemetry"],
  "prom-client": ["telemetry"],
  "@opentelemetry/api": ["telemetry"],
  "@opentelemetry/exporter-trace-otlp-http": ["telemetry"],
  "@opentelemetry/resources": ["telemetry"],
  "@opentelemetry/sdk-trace": ["telemetry"],
  "@opentelemetry/semantic-conventions": ["telemetry"],
  ajv: ["simulator"],
  "ajv-formats": ["simulator"],
};

/** Areas whose code is pure: of Node they may import only what stands here, and they look at no clock, dice or environment. */
export const pure: { readonly [area: string]: readonly string[] } = {
  canonical: [],
  // Digests for names that must be shortened.
  wires: ["node:buffer", "node:crypto"],
  // Decompression and decoding of bytes in hand.
  framing: ["node:buffer", "node:string_decoder", "node:util"],
};

/** Areas that get the clock, randomness, the environment and the network handed in. */
export const injected: ReadonlySet<string> = new Set([
  ...Object.keys(pure),
  "catalog",
  "config",
  "providers",
  "limits",
  "identity",
  "ledger",
  "policy",
  "router",
  "ensemble",
  "batch",
  "ingress",
  "cli",
]);

/** Files that every wire has, and those of the wires that carry chats. */
export const wireFiles: readonly string[] = [
  "index.ts",
  "name.ts",
  "decode-request.ts",
  "encode-request.ts",
  "decode-reply.ts",
  "encode-reply.ts",
  "relay.ts",
  "errors.ts",
  "usage.ts",
];
export const chatFiles: readonly string[] = ["finish.ts"];

/** Wires that carry no chats. */
export const chatless: ReadonlySet<string> = new Set(["openai-embeddings"]);
