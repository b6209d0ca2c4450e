import type { Clock } from "../canonical/ports.ts";

/** Beyond this Node fires at once; a clock's user looks at the time when its task runs. */
const LONGEST_TIMER_MS = 2_147_483_647;

/** The machine's time. */
export const systemClock: Clock = {
  now: () => performance.now(),
  wall: () => Date.now(),
  after: (ms, task) => {
    const timer = setTimeout(task, Math.min(ms, LONGEST_TIMER_MS));
    return () => clearTimeout(timer);
  },
};
