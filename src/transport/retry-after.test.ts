import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { HeaderBag } from "../canonical/call.ts";
import { retryAfterMs } from "./retry-after.ts";

const wall = Date.UTC(2026, 10, 20, 12, 0, 0);
const hour = 3_600_000;

describe("retryAfterMs", () => {
  const cases: readonly (readonly [HeaderBag, number | undefined])[] = [
    [{}, undefined],
    [{ "retry-after": "16" }, 16_000],
    [{ "retry-after": " 1.5 " }, 1500],
    [{ "retry-after": "0" }, 0],
    [{ "retry-after": "Fri, 20 Nov 2026 12:00:30 GMT" }, 30_000],
    [{ "retry-after": "Friday, 20-Nov-26 13:00:00 GMT" }, hour],
    [{ "retry-after": "Fri, 20 Nov 2026 11:00:00 GMT" }, 0],
    [{ "retry-after": "1000000000" }, 24 * hour],
    [{ "retry-after-ms": "123", "retry-after": "9" }, 123],
    [{ "retry-after-ms": "soon", "retry-after": "9" }, 9000],
    // Junk.
    [{ "retry-after": "-1" }, undefined],
    [{ "retry-after": "soon" }, undefined],
    [{ "retry-after": "" }, undefined],
    [{ "retry-after": "1e9" }, undefined],
    [{ "retry-after": "0x10" }, undefined],
    [{ "retry-after": "NaN" }, undefined],
    [{ "retry-after": "Infinity" }, undefined],
    [{ "retry-after": "9".repeat(400) }, undefined],
    [{ "retry-after": "2026" }, 2_026_000],
    [{ "retry-after": "20 Nov 2026" }, undefined],
    [{ "retry-after": "Fri, 99 Nov 2026 12:00:30 GMT" }, undefined],
    [{ "retry-after": "1, 2" }, undefined],
    // Resets count only for a limit that is used up.
    [{ "x-ratelimit-remaining-requests": "14370", "x-ratelimit-reset-requests": "2m59.56s" }, undefined],
    [{ "x-ratelimit-remaining-tokens": "0", "x-ratelimit-reset-tokens": "2m59.56s" }, 179_560],
    [{ "x-ratelimit-remaining-tokens": "0", "x-ratelimit-reset-tokens": "1h2m3.5s" }, hour + 123_500],
    [{ "x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": "120ms" }, 120],
    [{ "x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": "60" }, 60_000],
    [{ "x-ratelimit-remaining": "0", "x-ratelimit-reset": String(wall / 1000 + 10) }, 10_000],
    [{ "x-ratelimit-remaining": "0", "x-ratelimit-reset": String(wall + 10_000) }, 10_000],
    [{ "x-ratelimit-remaining-tokens": "-1", "x-ratelimit-reset-tokens": "0" }, undefined],
    [
      {
        "x-ratelimit-remaining-requests": "0",
        "x-ratelimit-reset-requests": "1s",
        "x-ratelimit-remaining-tokens": "0",
        "x-ratelimit-reset-tokens": "7.66s",
      },
      7660,
    ],
    [
      {
        "anthropic-ratelimit-input-tokens-remaining": "0",
        "anthropic-ratelimit-input-tokens-reset": "2026-11-20T12:01:00Z",
        "anthropic-ratelimit-requests-remaining": "4000",
        "anthropic-ratelimit-requests-reset": "2026-11-20T14:00:00Z",
      },
      60_000,
    ],
    [{ "anthropic-ratelimit-tokens-remaining": "0", "anthropic-ratelimit-tokens-reset": "tomorrow" }, undefined],
  ];
  for (const [headers, expected] of cases) {
    it(`${JSON.stringify(headers).slice(0, 120)} → ${expected}`, () => assert.equal(retryAfterMs(headers, wall), expected));
  }

  it("keeps to the cap it is given", () => {
    assert.equal(retryAfterMs({ "retry-after": "3600" }, wall, 5000), 5000);
  });
});
