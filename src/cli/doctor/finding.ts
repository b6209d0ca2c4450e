/** How something stands: fine, worth knowing, worth mending, or in the way of calls. */
export type State = "ok" | "note" | "warning" | "problem";

/** What one look has found. */
export interface Finding {
  /** What was looked at: `provider groq`, `port`, `data` … */
  readonly check: string;
  readonly state: State;
  /** What is so, one sentence. */
  readonly what: string;
  /** What to do about it. */
  readonly todo?: string | undefined;
}
