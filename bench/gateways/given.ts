import type { GivenGateway } from "../options.ts";
import { listenerOf } from "../proc.ts";
import { type Gateway, shotFor } from "./gateway.ts";

/** A gateway that somebody else started on this machine. It must send `up/…` and `up-stream/…` models to our two upstreams. */
export function givenGateway({ name, url }: GivenGateway): Gateway {
  const { origin, port } = new URL(url);
  const pid = listenerOf(Number(port));
  if (pid === undefined) throw new Error(`--gateway ${name}=${url}: no process that this user may see listens there.`);
  return {
    name,
    origin,
    pid,
    shot: (subject) =>
      shotFor(subject, {
        model: `${subject.stream ? "up-stream" : "up"}/gpt-4o-mini`,
        headers: { authorization: `Bearer ${process.env["POLYGATE_BENCH_KEY"] ?? "bench"}` },
      }),
  };
}
