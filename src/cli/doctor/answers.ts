import { isObject, type Json } from "../../canonical/json.ts";
import type { ProviderView } from "../../process/contract.ts";
import type { Probe } from "../ports.ts";
import { oneLine } from "../terminal/text.ts";
import type { Finding } from "./finding.ts";

type Answer = Extract<Probe, { kind: "answer" }>;
type Verdict = Omit<Finding, "check">;

/** Clocks that differ by more get certificates and signatures refused. */
const skewMs = 5 * 60_000;

/** What a provider's answer to the question for its models says about the configuration. */
export function answerFound(answer: Answer, provider: ProviderView, nowMs: number): Verdict {
  const { status } = answer;
  const { name, baseUrl, credentialFrom, modelsUrl } = provider;
  const said = words(answer);
  const page = isPage(answer);
  if (status === 200 && answer.models !== undefined) return listed(answer, nowMs);
  if (status >= 300 && status < 400)
    return {
      state: "problem",
      what: `${modelsUrl} redirects to ${oneLine(answer.header("location") ?? "nowhere", 200)} (HTTP ${status}); no credential is sent after a redirect`,
      todo: `set base_url of ${name} to where it leads`,
    };
  if (page && status < 400)
    return {
      state: "problem",
      what: `what answers at ${modelsUrl} is a web page, not an API`,
      todo: `correct base_url of ${name} (now ${baseUrl}): it is what the provider's own SDK would be given`,
    };
  if (status === 200)
    return {
      state: "warning",
      what: `${modelsUrl} answers with something else than a list of models`,
      todo: `check that base_url of ${name} is right; models can be called by name all the same if it is`,
    };
  if (status === 401 || (status === 400 && /api.?key/i.test(said))) return refused(provider, status, said);
  if (status === 402)
    return {
      state: "problem",
      what: `the account has no credit left (HTTP 402${said})`,
      todo: `add some at ${provider.keysPage ?? "the provider"}`,
    };
  if (status === 403)
    return page
      ? {
          state: "problem",
          what: "a web page refuses this machine before the API is reached (HTTP 403)",
          todo: "its country or network may be blocked, or a proxy between objects; try from another network",
        }
      : {
          state: "problem",
          what: `${credentialOf(credentialFrom, name)} is known, but may not do this (HTTP 403${said})`,
          todo: `give it the right to list models, or see what the provider allows from this region${at(provider)}`,
        };
  if (status === 407)
    return {
      state: "problem",
      what: "a proxy between here and the provider wants to know who asks (HTTP 407)",
      todo: "have it let this machine through",
    };
  if (status === 429)
    return {
      state: "warning",
      what: `the provider takes no more calls for now (HTTP 429${said})`,
      todo: "wait, or look at the account's limits and credit",
    };
  if (status === 404 || status === 405)
    return {
      state: "warning",
      what: `nothing is at ${modelsUrl} (HTTP ${status})`,
      todo: `check base_url of ${name} (now ${baseUrl}): it is what the provider's own SDK would be given`,
    };
  if (status >= 500)
    return {
      state: "problem",
      what: page
        ? `a proxy in front of the provider answers HTTP ${status}`
        : `the provider itself fails (HTTP ${status}${said})`,
      todo: "nothing here is to be mended: try again later, or look at its status page",
    };
  return { state: "problem", what: `HTTP ${status}${said}`, todo: `check base_url and api_key of ${name}` };
}

function listed(answer: Answer, nowMs: number): Verdict {
  const theirs = Date.parse(answer.header("date") ?? "");
  const skew = nowMs - theirs;
  if (Math.abs(skew) > skewMs)
    return {
      state: "warning",
      what: `answers, but this machine's clock is ${Math.round(Math.abs(skew) / 60_000)} minutes ${skew > 0 ? "ahead of" : "behind"} the provider's`,
      todo: "set the clock right (NTP): certificates and signatures are judged by it",
    };
  const models = answer.models ?? 0;
  const took = `${Math.round(answer.ms)} ms`;
  if (models === 0)
    return { state: "warning", what: `answers (${took}), but has no model`, todo: "load one there (`ollama pull NAME` …)" };
  return { state: "ok", what: `${models} ${models === 1 ? "model" : "models"}, answered in ${took}` };
}

function refused(provider: ProviderView, status: number, said: string): Verdict {
  const { name, credentialFrom } = provider;
  if (credentialFrom === "none needed")
    return {
      state: "problem",
      what: `${name} wants a credential, and api_key: none gives it none (HTTP ${status}${said})`,
      todo: `give ${name} an api_key in the configuration`,
    };
  return {
    state: "problem",
    what: `${credentialOf(credentialFrom, name)} is refused (HTTP ${status}${said})`,
    todo:
      provider.keysPage === undefined
        ? "get a new one from whoever runs that server, and set it there"
        : `make a new one at ${provider.keysPage} and set it there`,
  };
}

const credentialOf = (from: string, name: string): string =>
  from === "configuration" ? `the api_key of ${name} in the configuration` : `the credential in ${from}`;

const at = ({ keysPage }: ProviderView): string => (keysPage === undefined ? "" : `: ${keysPage}`);

/** Whether it is a web page, as proxies and websites send. */
export const isPage = ({ text, header }: Answer): boolean =>
  /text\/html/i.test(header("content-type") ?? "") || /^\s*<(?:!doctype|html)/i.test(text);

/** The provider's own sentence, quoted; nothing where it has none. */
function words({ text }: Answer): string {
  const message = sentence(text);
  return message === undefined ? "" : `: "${oneLine(message, 160)}"`;
}

function sentence(text: string): string | undefined {
  let body: Json;
  try {
    body = JSON.parse(text);
  } catch {
    return undefined;
  }
  const error = isObject(body) ? (body["error"] ?? body) : undefined;
  if (typeof error === "string") return error;
  const message = isObject(error) ? (error["message"] ?? error["detail"]) : undefined;
  return typeof message === "string" ? message : undefined;
}
