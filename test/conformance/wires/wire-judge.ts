import type { WireEvent } from "../../../src/canonical/event.ts";
import type { Json, JsonObject } from "../../../src/canonical/json.ts";
import type { Lens, Reading } from "../reading.ts";

/** What is known of a stream that is held to its wire's order. */
export interface Served {
  /** It is to end well. */
  readonly complete: boolean;
  /** The model's own tool arguments are no JSON objects, so they need not be so here. */
  readonly brokenArgs?: boolean | undefined;
  /** We have put the end on it after a cut. */
  readonly cut?: boolean | undefined;
}

/** A caller's request as it goes to the gateway. */
export interface Asked {
  readonly body: JsonObject;
  readonly path: string;
  readonly query: string;
  readonly named: string | undefined;
}

/** How the suite sees one wire. Written apart from its codec. */
export interface WireJudge {
  /** What a recorded reply says. */
  whole(body: JsonObject): Reading;
  stream(text: string): Reading;
  /** Complaints about the order of a served stream. */
  order(events: readonly WireEvent[], served: Served): readonly string[];
  /** Complaints about a request that the service would have though the specification has none: order, ids, limits. */
  strict(body: Json): readonly string[];
  /** What the wire cannot say: how an expectation reads once it stands there. */
  readonly lens: Lens;
  /** The same for replies that came over this very wire. */
  readonly sameLens: Lens;
  /** A small request that asks for usage, for a caller of this wire. */
  ask(model: string, stream: boolean): Asked;
  /** What the gateway asks a provider for when it relays or repeats this request. */
  upstream(sent: JsonObject): JsonObject;
  /** The texts, names and data that a request is about. */
  substance(sent: JsonObject): Iterable<readonly [what: string, text: string]>;
  /** Whether the specification describes this event. */
  described(event: JsonObject): boolean;
  /** Frames that are left out where nobody asked for them. */
  hidden(event: WireEvent, sent: JsonObject | undefined): boolean;
  /** Whether a stream that begins with this text has told its finish, and whether it has told content. */
  finishing: RegExp;
  content: RegExp;
  /** Whether an event, or a whole body, tells an error in the wire's own shape. */
  isError(body: JsonObject): boolean;
}
