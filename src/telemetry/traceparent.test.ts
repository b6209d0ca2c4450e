import assert from "node:assert/strict";
import { describe, it, test } from "node:test";
import { traceSettings } from "./trace-settings.ts";
import { formatTraceParent, parseTraceParent, parseTraceState } from "./traceparent.ts";

const traceId = "4bf92f3577b34da6a3ce929d0e0e4736";
const spanId = "00f067aa0ba902b7";

describe("a caller's traceparent", () => {
  it("is taken where it is valid, of later versions too", () => {
    const valid = { traceId, spanId, sampled: true };
    assert.deepEqual(parseTraceParent(`00-${traceId}-${spanId}-01`), valid);
    assert.deepEqual(parseTraceParent(` 00-${traceId}-${spanId}-00 `), { ...valid, sampled: false });
    assert.deepEqual(parseTraceParent(`cc-${traceId}-${spanId}-03-what-comes-later`), valid);
    assert.equal(formatTraceParent(valid), `00-${traceId}-${spanId}-01`);
  });

  it("is ignored where it is not", () => {
    for (const header of [
      undefined,
      "",
      `00-${traceId}-${spanId}`,
      `00-${traceId}-${spanId}-01-more`,
      `ff-${traceId}-${spanId}-01`,
      `00-${"0".repeat(32)}-${spanId}-01`,
      `00-${traceId}-${"0".repeat(16)}-01`,
      `00-${traceId.toUpperCase()}-${spanId}-01`,
      `00-${traceId}-${spanId}-0g`,
      `00-${traceId}-${spanId}-01\r\nx: y`,
      `cc-${traceId}-${spanId}-01-${"x".repeat(1_000_000)}`,
    ])
      assert.equal(parseTraceParent(header), undefined);
  });

  it("brings its tracestate, where that is valid", () => {
    assert.equal(parseTraceState("a=1, b@v=x:y ,,c=2"), "a=1,b@v=x:y,c=2");
    for (const header of [
      undefined,
      "",
      "a",
      "A=1",
      "a=1=2",
      "a=\u0007",
      "a=1\r\nx: y",
      "a=1,".repeat(200),
      Array.from({ length: 33 }, (_, i) => `k${i}=1`).join(),
    ])
      assert.equal(parseTraceState(header), undefined, header);
  });
});

test("where traces go and how many: OpenTelemetry's variables, the configuration first", () => {
  const troubles: string[] = [];
  const of = (variables: { readonly [name: string]: string }, otlpEndpoint?: string) =>
    traceSettings({
      said: { otlpEndpoint, content: false, propagate: false },
      variables: { get: (name) => variables[name] },
      version: "1",
      onTrouble: (message) => troubles.push(message),
    });
  assert.equal(of({}), undefined);
  assert.equal(of({ OTEL_EXPORTER_OTLP_ENDPOINT: "http://c:4318/" })?.url, "http://c:4318/v1/traces");
  assert.equal(of({ DELOS_OBSERVE_ENDPOINT: "http://d:4318" })?.url, "http://d:4318/v1/traces");
  assert.equal(
    of({ OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: "http://t/x", OTEL_EXPORTER_OTLP_ENDPOINT: "http://c" })?.url,
    "http://t/x",
  );
  assert.equal(of({ OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: "http://t/x" }, "http://mine:1")?.url, "http://mine:1/v1/traces");
  assert.equal(of({ OTEL_EXPORTER_OTLP_ENDPOINT: "http://c", OTEL_SDK_DISABLED: "TRUE" }), undefined);
  const all = of({
    OTEL_EXPORTER_OTLP_ENDPOINT: "https://c",
    OTEL_EXPORTER_OTLP_HEADERS: "authorization=Basic%20abc,x-b=2",
    OTEL_RESOURCE_ATTRIBUTES: "team=web,service.name=old",
    OTEL_SERVICE_NAME: "new",
    OTEL_TRACES_SAMPLER: "parentbased_traceidratio",
    OTEL_TRACES_SAMPLER_ARG: "0.25",
  });
  assert.deepEqual(
    all?.headers.map(({ name, value }) => [name, value.reveal()]),
    [
      ["authorization", "Basic abc"],
      ["x-b", "2"],
    ],
  );
  assert.deepEqual(all?.resource, { team: "web", "service.name": "new", "service.version": "1" });
  assert.deepEqual(all?.sampler, { ratio: 0.25, parentBased: true });
  assert.deepEqual(of({ OTEL_EXPORTER_OTLP_ENDPOINT: "http://c", OTEL_TRACES_SAMPLER: "always_off" })?.sampler, {
    ratio: 0,
    parentBased: false,
  });
  assert.deepEqual(troubles, []);
  assert.equal(of({ OTEL_EXPORTER_OTLP_ENDPOINT: "c:4318" }), undefined);
  assert.equal(of({ OTEL_EXPORTER_OTLP_ENDPOINT: "http://c", OTEL_EXPORTER_OTLP_HEADERS: "Bearer abc" }), undefined);
  assert.equal(troubles.length, 2);
  assert.doesNotMatch(troubles.join(), /abc/);
});
