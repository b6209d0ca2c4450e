import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { isArray, isObject, type Json } from "../../../src/canonical/json.ts";

const specs = resolve(import.meta.dirname, "../../..", process.env["POLYGATE_SPECS"] ?? "../shared/specs");

function read(): Json | undefined {
  try {
    return JSON.parse(readFileSync(resolve(specs, "suites/own/ssrf-targets.json"), "utf8"));
  } catch {
    return undefined;
  }
}

/** The suite's targets, all of which must be refused wherever something would be fetched; undefined where the suite is not there. */
export const suite: readonly string[] | undefined = (() => {
  const found = read();
  const list = isObject(found) ? found["blocked"] : undefined;
  return isArray(list)
    ? list.flatMap((entry) => (isObject(entry) && typeof entry["url"] === "string" ? [entry["url"]] : []))
    : undefined;
})();

/** The target with a witness's port, where it leads to this machine by http: nobody else listens there. */
export const towards = (target: string, port: number): string =>
  target.replace(/^(http:\/\/(?:[^/@]*@)?(?:\[[^\]]*\]|[^/:\\#@]+))(?::\d+)?(?=[/\\#]|$)/u, `$1:${port}`);
