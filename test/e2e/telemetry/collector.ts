import { createServer } from "node:http";
import { isArray, isObject, type Json, type JsonObject } from "../../../src/canonical/json.ts";

/** A span as a collector was sent it. */
export interface CollectedSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string | undefined;
  readonly name: string;
  /** 2 = server, 3 = client. */
  readonly kind: number;
  /** 2 = error. */
  readonly status: number;
  readonly startMs: number;
  readonly endMs: number;
  readonly traceState: string | undefined;
  readonly attributes: { readonly [name: string]: Json | undefined };
}

export interface Collector {
  /** Without a path. */
  readonly url: string;
  readonly spans: readonly CollectedSpan[];
  /** What came, as it came, headers included. */
  readonly texts: readonly string[];
  /** Attributes of the resource that the last spans came from. */
  readonly resource: { readonly [name: string]: Json | undefined };
  /** Resolves once there are so many spans. */
  until(count: number): Promise<readonly CollectedSpan[]>;
  close(): Promise<void>;
}

/** What stands at the other end of OTLP over HTTP. */
export async function startCollector(): Promise<Collector> {
  const spans: CollectedSpan[] = [];
  const texts: string[] = [];
  let resource: Collector["resource"] = {};
  let changed = (): void => {};
  const server = createServer((request, response) => {
    const pieces: Buffer[] = [];
    request.on("data", (piece: Buffer) => pieces.push(piece));
    request.on("end", () => {
      const text = Buffer.concat(pieces).toString("utf8");
      texts.push(`${request.url} ${JSON.stringify(request.headers)} ${text}`);
      const body: Json = JSON.parse(text);
      for (const group of list(body, "resourceSpans")) {
        resource = attributesOf(isObject(group["resource"]) ? group["resource"] : {});
        for (const scope of list(group, "scopeSpans")) spans.push(...list(scope, "spans").map(spanOf));
      }
      response.writeHead(200, { "content-type": "application/json" }).end("{}");
      changed();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  return {
    url: `http://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}`,
    spans,
    texts,
    get resource() {
      return resource;
    },
    async until(count) {
      while (spans.length < count) {
        await new Promise<void>((resolve) => {
          changed = resolve;
        });
      }
      return spans;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function list(value: Json | undefined, name: string): readonly JsonObject[] {
  const found = isObject(value) ? value[name] : undefined;
  return isArray(found) ? found.filter(isObject) : [];
}

function spanOf(span: JsonObject): CollectedSpan {
  const status = isObject(span["status"]) ? span["status"]["code"] : undefined;
  const parent = span["parentSpanId"];
  return {
    traceId: String(span["traceId"]),
    spanId: String(span["spanId"]),
    parentSpanId: typeof parent === "string" && parent !== "" ? parent : undefined,
    name: String(span["name"]),
    kind: Number(span["kind"]),
    status: Number(status ?? 0),
    startMs: Number(span["startTimeUnixNano"]) / 1e6,
    endMs: Number(span["endTimeUnixNano"]) / 1e6,
    traceState: typeof span["traceState"] === "string" ? span["traceState"] : undefined,
    attributes: attributesOf(span),
  };
}

/** `[{key, value: {stringValue | intValue | …}}]` as an object. */
function attributesOf(holder: JsonObject): { readonly [name: string]: Json | undefined } {
  return Object.fromEntries(list(holder, "attributes").map(({ key, value }) => [String(key), plain(value)]));
}

function plain(value: Json | undefined): Json | undefined {
  if (!isObject(value)) return value;
  const { arrayValue, intValue, ...others } = value;
  if (intValue !== undefined) return Number(intValue);
  if (isObject(arrayValue)) return list(arrayValue, "values").map((one) => plain(one) ?? null);
  return Object.values(others)[0];
}
