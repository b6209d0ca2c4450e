import { isObject, type JsonObject } from "../canonical/json.ts";
import type { OperatorRoute } from "./routes.ts";

/** What operators may see and do over HTTP. Nothing of it holds a secret. */
export interface OperatorPort {
  /** The counters, as Prometheus reads them. */
  metrics(): Promise<{ readonly contentType: string; readonly text: string }>;
  /** Which configuration is in force, since when, and what was wrong with the last that was tried. */
  configStatus(): JsonObject;
  /** Reads the configuration anew; gives the status after it. A configuration with faults leaves the old one in force. */
  reload(): Promise<JsonObject>;
}

export interface OperatorAnswer {
  /** HTTP status. Default 200. */
  readonly status?: number | undefined;
  readonly contentType: string;
  readonly text: string;
}

export async function operate(port: OperatorPort, kind: OperatorRoute["kind"]): Promise<OperatorAnswer> {
  switch (kind) {
    case "metrics":
      return port.metrics();
    case "config-status":
      return json(port.configStatus());
    case "config-reload":
      return reloaded(await port.reload());
  }
}

/** 422 where nothing was taken: a script that only looks at the status must not be content. */
function reloaded(status: JsonObject): OperatorAnswer {
  const attempt = status["last_attempt"];
  return { ...json(status), ...(isObject(attempt) && attempt["taken"] === false && { status: 422 }) };
}

const json = (value: JsonObject): OperatorAnswer => ({ contentType: "application/json", text: JSON.stringify(value) });
