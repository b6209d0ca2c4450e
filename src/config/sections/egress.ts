import { z } from "zod";
import { section, text } from "../fields.ts";

const said = 'must be host:port, as "10.0.0.5:8000", "gpu.lan:8000", "[fd00::5]:80" or "*.corp.example:443"';

/** Whether it is a host (a name, an address, IPv6 in brackets, `*.domain`) and a port, and nothing else. */
function isTarget(given: string): boolean {
  const rest = given.startsWith("*.") ? given.slice(2) : given;
  const port = Number(/:(\d{1,5})$/.exec(rest)?.[1] ?? 0);
  return port > 0 && port <= 65_535 && !/[*/?#@\\\s]/.test(rest) && URL.canParse(`http://${rest}/`);
}

/** Where the gateway may connect to besides what the providers' lines name. */
export const egress = section(z.strictObject({ allow: z.array(text.refine(isTarget, said)).default([]) }));

export type EgressOptions = z.output<typeof egress>;
