import { z } from "zod";
import { section, text, wholeNumber } from "../fields.ts";

/** A name, an address, `*.name` for all below it, each with a port or without; `*` for every name. */
const hostName = text.regex(
  /^(?:\*|(?:\*\.)?\w(?:[\w.-]*\w)?\.?(?::\d{1,5})?|\[[\dA-Fa-f:.]+\](?::\d{1,5})?|[\dA-Fa-f.]*:[\dA-Fa-f.]*:[\dA-Fa-f:.]*)$/,
  'must be a host as callers write it, without a scheme or path: "gateway.example", "10.0.0.5:4000", "*.example.com" or "*"',
);

/** Where callers find the gateway, and by which names. */
export const server = section(
  z.strictObject({
    host: text.default("127.0.0.1"),
    port: wholeNumber(0, 65_535).default(4000),
    hosts: z.array(hostName).default([]),
  }),
);
