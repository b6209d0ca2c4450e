import assert from "node:assert/strict";
import { test } from "node:test";
import { networkFault } from "./network-faults.ts";

const told = (code: string, url = "https://api.example/v1", proxy?: string, message = "It failed."): string => {
  const around = { name: "acme", url: new URL(url), proxy, nowMs: Date.parse("2031-02-03T04:05:06Z") };
  const { what, todo } = networkFault({ kind: "failure", code, message, ms: 1 }, around);
  return `${what} → ${todo}`;
};

test("what real sockets are not easily brought to say is told, too, with what to do", () => {
  for (const [code, url, said] of [
    ["EAI_AGAIN", undefined, /no DNS server answers \(EAI_AGAIN\) → check that this machine is on the network/],
    ["EHOSTUNREACH", undefined, /no way from here to api\.example:443 .* → check this machine's network, VPN and firewall/],
    ["CERT_HAS_EXPIRED", undefined, /not valid now .*clock says 2031-02-03T04:05:06.000Z → correct the clock/],
    ["CERT_NOT_YET_VALID", undefined, /not valid now .* → correct the clock/],
    ["SELF_SIGNED_CERT_IN_CHAIN", undefined, /nobody this machine trusts .* → .*NODE_EXTRA_CA_CERTS=.*company's proxy/],
    ["ECONNREFUSED", undefined, /api\.example:443 takes no connections .* → correct host and port in base_url of acme/],
    ["ECONNREFUSED", "http://localhost:1234/v1", /nothing listens on localhost:1234 → start LM Studio's server, or correct/],
    ["ECONNREFUSED", "http://[::1]:8000/v1", /nothing listens on \[::1\]:8000 → start vLLM/],
    ["ECONNRESET", undefined, /closes the connection without an answer → a firewall or proxy between/],
    ["ECONNRESET", "http://api.example/v1", /api\.example:80 closes .* → write https:\/\//],
    ["timeout", undefined, /did not answer in time → check the network/],
    ["WHO_KNOWS", undefined, /^It failed → check base_url of acme$/],
  ] as const)
    assert.match(told(code, url), said, code);
  assert.match(told("UND_ERR_CONNECT_TIMEOUT", undefined, "https_proxy"), /https_proxy is set → .*takes no proxy/);
});
