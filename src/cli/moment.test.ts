import assert from "node:assert/strict";
import { test } from "node:test";
import { moment } from "./moment.ts";

const now = Date.parse("2026-11-20T12:00:00Z");

test("spans count back from now, dates are local, an offset is heeded", () => {
  const hour = 3_600_000;
  assert.deepEqual(
    ["30s", "30m", "24h", "7d", "2w"].map((text) => now - (moment(text, now) ?? 0)),
    [30_000, hour / 2, 24 * hour, 168 * hour, 336 * hour],
  );
  assert.equal(moment("2026-11-01", now), new Date(2026, 10, 1).getTime());
  assert.equal(moment("2026-11-01 08:30", now), new Date(2026, 10, 1, 8, 30).getTime());
  assert.equal(moment("2026-11-01T08:30:05Z", now), Date.parse("2026-11-01T08:30:05Z"));
  assert.equal(moment("2026-11-01T08:30+02:00", now), Date.parse("2026-11-01T06:30:00Z"));
});

test("what is no moment is none", () => {
  for (const text of ["", "24", "0h", "-1h", "1y", "1.5h", "now", "2026-13-01", "2026-11-01x", "01.11.2026"])
    assert.equal(moment(text, now), undefined, text);
});
