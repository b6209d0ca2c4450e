/**
 * What `serve` tells its supervisor by how it ends. Others: 128 + n for signal n (137: killed, e.g. for its memory), 134 where V8
 * has no memory left.
 */
export const exitCodes = {
  /** Told to stop, and everything under way finished. */
  stopped: 0,
  /** It could not start: port taken, data not writable. Starting again may help. */
  failed: 1,
  /** The command line or the configuration is wrong. Starting again does not help. */
  misused: 2,
  /** Told to stop, and calls were cut at the deadline. */
  cut: 3,
  /** A fault of the program: something unforeseen, or an invariant that does not hold. It is to be started again. */
  broken: 70,
  /** Its workers died again and again. */
  crashing: 71,
  /** Told to stop for the second time: ended at once. */
  hurried: 130,
} as const;
