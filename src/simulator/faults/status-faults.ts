import type { ErrorKind } from "../face.ts";
import type { Plan, PlanHeaders } from "../plan.ts";
import type { FaultContext, ReplyFault } from "./fault.ts";

const withHeaders = (plan: Plan, headers: PlanHeaders): Plan => ({ ...plan, headers: { ...plan.headers, ...headers } });

const refusing = (name: string, error: ErrorKind, message: string, summary: string): ReplyFault => ({
  kind: "reply",
  name,
  summary,
  reply: (context) => context.error(error, message),
});

/** `2` seconds, `ms:1500`, `date:3` an HTTP date so many seconds ahead, `none`. */
function retryAfter(argument: string | undefined, now: number): PlanHeaders {
  const [unit, amount] = argument?.split(":") ?? [];
  if (unit === "none") return {};
  if (unit === "ms") return { "retry-after-ms": amount ?? "1500" };
  if (unit === "date") return { "retry-after": new Date(now + 1000 * Number(amount ?? 3)).toUTCString() };
  return { "retry-after": unit || "1" };
}

/** The same in seconds; undefined for `none`. */
function retrySeconds(argument: string | undefined): number | undefined {
  const [unit, amount] = argument?.split(":") ?? [];
  if (unit === "none") return undefined;
  if (unit === "ms") return Number(amount ?? "1500") / 1000;
  return unit === "date" ? Number(amount ?? 3) : Number(unit || "1");
}

function limited(context: FaultContext, argument: string | undefined): Plan {
  const message = "Rate limit reached. Please try again later.";
  if (context.face.retryInBody === true) return context.error("rate-limit", message, retrySeconds(argument));
  return withHeaders(context.error("rate-limit", message), retryAfter(argument, context.now));
}

const html = (status: number, context: FaultContext): Plan => ({
  ...context.error("internal", ""),
  status,
  headers: { "content-type": "text/html" },
  body: `<html><head><title>${status}</title></head><body><center><h1>${status} Simulated</h1></center></body></html>\n`,
});

const plain = (context: FaultContext, status: number, headers: PlanHeaders, body: string): Plan => ({
  ...context.error("internal", ""),
  status,
  headers,
  body,
});

/** Faults told by a status or by a body that is no answer. */
export const statusFaults: readonly ReplyFault[] = [
  {
    kind: "reply",
    name: "429",
    argument: "Retry-After: seconds (1), ms:N (header retry-after-ms), date[:seconds ahead], none",
    summary: "rate limited",
    reply: limited,
  },
  refusing("400", "invalid", "The request is not valid.", "the request is refused"),
  refusing("401", "authentication", "Incorrect API key provided.", "the credential is refused"),
  refusing("403", "permission", "Your key does not have permission to use this model.", "the credential may not use the model"),
  refusing("404", "not-found", "model: it does not exist or you do not have access to it.", "the model does not exist"),
  refusing(
    "context-overflow",
    "context-overflow",
    "prompt is too long: This model's maximum context length is 8192 tokens. However, your messages resulted in 9999 tokens.",
    "400: the prompt does not fit the model",
  ),
  refusing("413", "too-large", "Request exceeds the maximum size", "the request is too large"),
  refusing("500", "internal", "Internal server error", "the provider failed"),
  {
    kind: "reply",
    name: "503",
    argument: "Retry-After as for 429 (1)",
    summary: "the provider is down",
    reply: (context, argument) => ({
      ...withHeaders(context.error("overloaded", "Service unavailable"), retryAfter(argument, context.now)),
      status: 503,
    }),
  },
  {
    kind: "reply",
    name: "529",
    summary: "the provider is overloaded",
    reply: (context) => ({ ...context.error("overloaded", "Overloaded"), status: 529 }),
  },
  { kind: "reply", name: "html-502", summary: "a proxy's HTML page with status 502", reply: (context) => html(502, context) },
  { kind: "reply", name: "html-200", summary: "a proxy's HTML page with status 200", reply: (context) => html(200, context) },
  {
    kind: "reply",
    name: "empty-200",
    summary: "status 200 and no byte of body",
    reply: (context) => ({ ...context.plan(), body: "", input: undefined }),
  },
  { kind: "reply", name: "204", summary: "status 204", reply: (context) => plain(context, 204, {}, "") },
  {
    kind: "reply",
    name: "wrong-type",
    summary: "the proper body under content-type text/plain",
    reply: (context) => withHeaders(context.plan(), { "content-type": "text/plain" }),
  },
  {
    kind: "reply",
    name: "redirect",
    argument: "location (/elsewhere)",
    summary: "status 307 to another place",
    reply: (context, argument) => plain(context, 307, { location: argument ?? "/elsewhere" }, ""),
  },
  {
    kind: "reply",
    name: "fail-then-ok",
    argument: "failures (1)",
    summary: "529 for the first attempts of a call, then the proper reply; a call is told by header x-sim-key, else by its body",
    reply: (context, argument) =>
      context.attempt() <= Number(argument ?? 1) ? { ...context.error("overloaded", "Overloaded"), status: 529 } : context.plan(),
  },
];
