import { z } from "zod";
import { boolean, section, text } from "../fields.ts";

/** Metrics and traces. */
export const observe = section(
  z
    .strictObject({
      metrics: z.enum(["admin", "public", "off"]).default("admin"),
      otlp_endpoint: text.optional(),
      content: boolean.default(false),
      propagate: boolean.default(false),
    })
    .transform(({ metrics, otlp_endpoint, content, propagate }) => ({
      metrics,
      otlpEndpoint: otlp_endpoint,
      content,
      propagate,
    })),
);

export type ObserveOptions = z.output<typeof observe>;
