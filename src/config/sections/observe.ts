import { z } from "zod";
import { boolean, section, text } from "../fields.ts";

/** Metrics and traces. */
export const observe = section(
  z
    .strictObject({
      metrics: z.enum(["admin", "public", "off"]).default("admin"),
      otlp_endpoint: text.optional(),
      content: boolean.default(false),
    })
    .transform((given) => ({ metrics: given.metrics, otlpEndpoint: given.otlp_endpoint, content: given.content })),
);

export type ObserveOptions = z.output<typeof observe>;
