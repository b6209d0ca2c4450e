/** One framed unit of a stream. `event` is the event's name where the framing has names (SSE). */
export interface WireEvent {
  readonly event?: string | undefined;
  readonly data: string;
}
