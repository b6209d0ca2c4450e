import { z } from "zod";
import { section, text, wholeNumber } from "../fields.ts";

/** Where callers find the gateway, and by which names. */
export const server = section(
  z.strictObject({
    host: text.default("127.0.0.1"),
    port: wholeNumber(0, 65_535).default(4000),
    hosts: z.array(text).default([]),
  }),
);

export type ServerOptions = z.output<typeof server>;
