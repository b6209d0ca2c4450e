import type { Check, Column } from "./check.ts";
import type { Driver } from "./driver.ts";

/** What cannot be demonstrated of a driver in front of an upstream, and why. */
export interface Exception {
  /** By name; absent: every driver, every column. */
  readonly drivers?: readonly string[] | undefined;
  readonly columns?: readonly Column[] | undefined;
  readonly checks: RegExp;
  readonly why: string;
  /** It is asked for all the same, and must be refused with this sentence. */
  readonly refusal?: RegExp | undefined;
}

const google = ["langchain ChatGoogleGenerativeAI"];

const exceptions: readonly Exception[] = [
  { columns: ["itself"], checks: /^unknown (key|provider)$/, why: "the simulator takes any key, and has no providers" },
  {
    columns: ["itself"],
    checks: /^stream broken off/,
    why: "what an SDK makes of a stream without its end is its own affair; behind the gateway it is told of an error",
  },
  {
    drivers: ["langchain ChatAnthropic"],
    columns: ["itself", "anthropic-messages"],
    checks: /^usage, streamed$/,
    why: "it adds the output that message_start states to that of message_delta, which holds it already",
  },
  {
    drivers: ["langchain ChatAnthropic"],
    columns: ["openai-chat", "openai-responses", "gemini"],
    checks: /^usage, streamed$/,
    why: "it reads the prompt's tokens from message_start alone, when other wires have not told them yet",
  },
  {
    drivers: ["langchain ChatAnthropic"],
    checks: /^object, streamed$/,
    why: "its parser fails at the empty first piece of arguments, which Anthropic sends, too",
  },
  { drivers: google, checks: /^abort of a whole answer$/, why: "it does not hand its user's signal to its HTTP client" },
  {
    drivers: google,
    columns: ["itself", "gemini"],
    checks: /^error in a stream$/,
    why: "its former Google SDK passes over the error events that Google sends: the answer ends without a finish reason",
  },
  {
    drivers: google,
    checks: /^(error in a stream|stream broken off|abort in the middle)$/,
    why: "it throws as it must, but its former Google SDK rejects a second promise that nobody holds, which fails any test",
  },
  {
    drivers: google,
    columns: ["openai-responses", "anthropic-messages"],
    checks: /^signatures/,
    why: "it echoes no ids of calls, by which signatures of other wires are put back",
  },
];

export const exceptionOf = (driver: Driver, column: Column, check: Check): Exception | undefined =>
  exceptions.find(
    ({ drivers, columns, checks }) =>
      (drivers?.includes(driver.name) ?? true) && (columns?.includes(column) ?? true) && checks.test(check.name),
  );
