import { type Detector, type Match, matchesFrom } from "./detector.ts";

/** Its last dashes may be the first of another. */
const header = /-----BEGIN [A-Z ]{0,32}PRIVATE KEY(?=-----)/g;
const base64 = /[A-Za-z0-9+/=]{40}/;
const body = /[A-Za-z0-9+/=\s\\]{0,16384}/y;
const footer = "-----END ";

/** From the header on, or from what may become one. */
const begun = [
  /-----BEGIN [A-Z ]{0,48}-{0,5}$/,
  /-----BEGIN [A-Z ]{0,32}PRIVATE KEY-----[^-]{0,16384}-{0,5}$/,
  /-----BEGIN [A-Z ]{0,32}PRIVATE KEY-----[^-]{0,16384}-----[END]{0,3} ?[A-Z ]{0,48}-{0,5}$/,
  /-{1,5}$/,
  /-----(?:B|BE|BEG|BEGI|BEGIN)$/,
] as const;

/** Private keys as PEM has them, from header to footer, or as far as they go. */
export const privateKeys: Detector = {
  find(text, least) {
    const found: Match[] = [];
    if (text.length - least < 64) return found;
    let ending = -1;
    for (const { index, 0: said } of matchesFrom(text, header, least)) {
      const start = found.at(-1)?.end ?? 0;
      const from = index + said.length + 5;
      if (index < start) continue;
      if (ending < from && ending !== text.length) {
        const at = text.indexOf(footer, from);
        ending = at === -1 ? text.length : at;
      }
      body.lastIndex = from;
      const run = from + (body.exec(text)?.[0].length ?? 0);
      if (!base64.test(text.slice(from, run))) continue;
      found.push({ start: index, end: run === ending ? closed(text, ending) : run, kind: "private_key" });
    }
    return found;
  },
  pending(text) {
    if (!text.endsWith("-") && !text.includes("-----B")) return text.length;
    const from = Math.max(0, text.length - 16 * 1024 - 128);
    const tail = text.slice(from);
    const places = begun.map((pattern) => tail.search(pattern)).filter((at) => at !== -1);
    return places.length === 0 ? text.length : from + Math.min(...places);
  },
};

/** Past the footer that begins there. */
function closed(text: string, ending: number): number {
  const line = /-----END [A-Z ]{0,48}(?:-----)?/y;
  line.lastIndex = ending;
  return ending + (line.exec(text)?.[0].length ?? 0);
}
