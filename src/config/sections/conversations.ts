import { z } from "zod";
import { duration, section } from "../fields.ts";

/** What is remembered between the calls of a conversation. */
export const conversations = section(z.strictObject({ ttl: duration.default(6 * 3_600_000) }));
