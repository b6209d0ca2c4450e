import { z } from "zod";
import { section, text } from "../fields.ts";

/** Where the gateway may connect to besides what the providers' lines name. */
export const egress = section(z.strictObject({ allow: z.array(text).default([]) }));

export type EgressOptions = z.output<typeof egress>;
