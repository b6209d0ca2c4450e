import type { Draft } from "./spelling.ts";

/** A part, and where it stands in the canonical request. */
export interface Placed {
  readonly part: Draft;
  readonly at: string;
}

/** A content under construction. Results stand before what else the user says. */
export interface Turn {
  readonly role: "user" | "model";
  readonly results: { readonly id: string; readonly part: Draft }[];
  readonly parts: Placed[];
  /** Media of the results, where those cannot hold them. */
  readonly media: Draft[];
  /** Ids of the calls made, in their order. */
  readonly calls: string[];
}
