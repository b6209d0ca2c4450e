import { isIP } from "node:net";
import { type Detector, isDigit, type Match, matchesFrom, tailRun } from "./detector.ts";

const candidate = /(?<![\w.:])[0-9A-Fa-f:.]{3,45}(?![\w:])/g;
const longest = 48;

const inAddress = (code: number): boolean =>
  isDigit(code) || code === 0x2e || code === 0x3a || (code >= 0x41 && code <= 0x46) || (code >= 0x61 && code <= 0x66);

/** Addresses of machines, versions 4 and 6. */
export const ipAddresses: Detector = {
  find(text, from) {
    const found: Match[] = [];
    for (const { index, 0: said } of matchesFrom(text, candidate, from)) {
      const address = said.endsWith(".") || (said.endsWith(":") && !said.endsWith("::")) ? said.slice(0, -1) : said;
      if (address.length > 2 && isIP(address) !== 0)
        found.push({ start: index, end: index + address.length, kind: "ip_address" });
    }
    return found;
  },
  pending: (text) => tailRun(text, inAddress, longest),
};
