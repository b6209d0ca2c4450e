import type { Config } from "./config.ts";

/** What is made once, at the start, of the configuration then in force. */
const fixed: readonly { readonly key: string; readonly of: (config: Config) => unknown }[] = [
  { key: "server.host", of: ({ server }) => server.host },
  { key: "server.port", of: ({ server }) => server.port },
  { key: "data_dir", of: ({ dataDir }) => dataDir },
  { key: "workers", of: ({ workers }) => workers },
  { key: "conversations.ttl", of: ({ conversations }) => conversations.ttlMs },
  { key: "limits.all_bodies_bytes", of: ({ limits }) => limits.allBodiesBytes },
  { key: "limits.connections", of: ({ limits }) => limits.connections },
  { key: "limits.connections_per_address", of: ({ limits }) => limits.connectionsPerAddress },
  { key: "limits.wrong_keys", of: ({ limits }) => limits.wrongKeys },
  { key: "limits.concurrent_calls", of: ({ limits }) => limits.concurrentCalls },
  { key: "limits.lag", of: ({ limits }) => limits.lagMs },
  { key: "log.level", of: ({ log }) => log.level },
  { key: "log.calls", of: ({ log }) => log.calls },
  { key: "log.format", of: ({ log }) => log.format },
  { key: "observe.metrics", of: ({ observe }) => observe.metrics === "off" },
  { key: "observe.otlp_endpoint", of: ({ observe }) => observe.otlpEndpoint },
  { key: "observe.content", of: ({ observe }) => observe.content },
  { key: "observe.propagate", of: ({ observe }) => observe.propagate },
];

/** The keys in which `next` differs from what the gateway was started with, and which it therefore does not follow. */
export const needsRestart = (started: Config, next: Config): readonly string[] =>
  fixed.filter(({ of }) => of(started) !== of(next)).map(({ key }) => key);
