import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { GatewayError, toGatewayError } from "../canonical/error.ts";
import { type Admitted, authorise } from "./authorise.ts";
import type { Exchange } from "./exchange.ts";
import { HostGuard } from "./host.ts";
import type { IngressOptions, Serving } from "./options.ts";
import type { PathTable } from "./path-table.ts";
import { parseTarget, presentedKey, type Target } from "./request.ts";
import { probePaths, type Route, routeTable } from "./routes.ts";
import { refuseAmbiguous, refuseForeignPages, refuseManyHeaders } from "./suspicion.ts";
import { WrongKeys } from "./wrong-keys.ts";

/** A request that may go on: its one route, and what its line says besides. */
export type Received = Admitted & {
  readonly path: string;
  readonly query: string;
  /** What the path names, decoded. */
  readonly named: string | undefined;
};

/** What is known when a request's head has come. */
type Arrival = Pick<Exchange, "request" | "serving" | "sound" | "allow" | "wire">;

export interface ReceptionOptions extends Pick<IngressOptions, "serving" | "operator" | "clock"> {
  readonly limits: Pick<IngressOptions["limits"], "wrongKeys">;
}

/**
 * The front door: everything that is judged by a request's head alone, in this order: its size, its host, its framing, whose page it
 * comes from, its route, who sends it. Not a byte of a body is asked for before.
 */
export class Reception {
  readonly #operated: boolean;
  /** Connections that are being closed: what else comes on them may be a part of what was refused. */
  readonly #shut = new WeakSet<Duplex>();
  readonly #wrongKeys: WrongKeys;
  #house: House;

  constructor({ serving, operator, clock, limits }: ReceptionOptions) {
    this.#operated = operator !== undefined;
    this.#wrongKeys = new WrongKeys(clock, limits.wrongKeys);
    this.#house = furnish(serving(), this.#operated);
  }

  /** Takes nothing more that comes on this connection. */
  shut(connection: Duplex): void {
    this.#shut.add(connection);
  }

  /** Notes on the exchange what its refusal needs to know. Throws GatewayError. */
  receive(exchange: Arrival): Received {
    const { request, serving } = exchange;
    if (this.#house.serving !== serving) this.#house = furnish(serving, this.#operated);
    const { hosts, table } = this.#house;
    if (this.#shut.has(request.socket)) throw new GatewayError("invalid_request", "This connection is being closed.");
    let target: Target;
    try {
      refuseManyHeaders(request);
      hosts.check(request.headers.host, request.rawHeaders, isProbe(request));
      refuseAmbiguous(request);
      if (serving.open) refuseForeignPages(request);
      target = parseTarget(request.url);
    } catch (thrown) {
      this.shut(request.socket);
      throw thrown;
    }
    const { path, query } = target;
    exchange.sound = request.headers.expect === undefined;
    // A HEAD is answered as its GET.
    const match = table.match(request.method ?? "", path);
    if (match.route === undefined) {
      if (match.methods.length > 0) exchange.allow = match.methods.join(", ");
      throw noRoute(request.method ?? "", path, match.methods);
    }
    if (match.route.kind === "call") exchange.wire = match.route.wire;
    return { ...this.#who(match.route, exchange, query), path, query, named: match.named };
  }

  #who(route: Route, { serving, request }: Arrival, query: string): Admitted {
    try {
      return authorise(route, serving, request, query);
    } catch (thrown) {
      const error = toGatewayError(thrown);
      const guessed = error.code === "unauthenticated" && presentedKey(request.headers, query) !== undefined;
      throw guessed ? this.#wrongKeys.refuse(request.socket.remoteAddress, error) : error;
    }
  }
}

/** By its very text: what is written in any other way is not let in as a probe. */
const isProbe = ({ method, url }: Pick<IncomingMessage, "method" | "url">): boolean =>
  url !== undefined && probePaths.has(url) && (method === "GET" || method === "HEAD");

/** What follows from a configuration, made anew only where it changes. */
interface House {
  readonly serving: Serving;
  readonly hosts: HostGuard;
  readonly table: PathTable<Route>;
}

const furnish = (serving: Serving, operated: boolean): House => ({
  serving,
  hosts: new HostGuard({ open: serving.open, names: serving.hosts }),
  table: routeTable(operated ? serving.metrics : undefined),
});

function noRoute(method: string, path: string, methods: readonly string[]): GatewayError {
  if (methods.length > 0) {
    return new GatewayError("method_not_allowed", `${path.slice(0, 100)} takes ${methods.join(", ")}, not ${method}.`);
  }
  return new GatewayError(
    "not_found",
    `There is nothing at ${path.slice(0, 100)}. This gateway serves POST /v1/chat/completions and /v1/responses, POST /v1/messages, Gemini's /v1beta and GET /v1/models; give your SDK its address as base URL (OpenAI's with /v1, the others without).`,
  );
}
