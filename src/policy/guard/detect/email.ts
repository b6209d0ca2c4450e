import { type Detector, isWord, type Match, tailRun } from "./detector.ts";

const at = 0x40;
const longestLocal = 64;
/** Local part, sign, domain, and what comes after. */
const longest = 320;

const inLocal = (code: number): boolean => isWord(code) || code === 0x2e || code === 0x25 || code === 0x2b || code === 0x2d;
const inAddress = (code: number): boolean => inLocal(code) || code === at;
const domain = /[A-Za-z0-9.-]{1,253}/y;
const label = /[A-Za-z]{2,24}/y;

/** E-mail addresses. */
export const email: Detector = {
  find(text, from) {
    const found: Match[] = [];
    for (let sign = text.indexOf("@", from); sign !== -1; sign = text.indexOf("@", sign + 1)) {
      const least = Math.max(found.at(-1)?.end ?? from, sign - longestLocal);
      let start = sign;
      while (start > least && inLocal(text.charCodeAt(start - 1))) start--;
      while (start < sign && !isWord(text.charCodeAt(start))) start++;
      const end = start === sign ? undefined : domainEnd(text, sign + 1);
      if (end !== undefined) found.push({ start, end, kind: "email" });
    }
    return found;
  },
  pending(text) {
    let start = tailRun(text, inAddress, longest);
    while (start < text.length && !isWord(text.charCodeAt(start))) start++;
    return start;
  },
};

/** Past the last label of letters of the domain that begins at `from`; undefined where there is none. */
function domainEnd(text: string, from: number): number | undefined {
  domain.lastIndex = from;
  const run = domain.exec(text)?.[0] ?? "";
  for (let dot = run.lastIndexOf("."); dot > 0; dot = run.lastIndexOf(".", dot - 1)) {
    label.lastIndex = dot + 1;
    const last = label.exec(run)?.[0];
    if (last !== undefined && run.charCodeAt(dot - 1) !== 0x2e) return from + dot + 1 + last.length;
  }
  return undefined;
}
