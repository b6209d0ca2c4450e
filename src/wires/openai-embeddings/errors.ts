/** OpenAI's wires all tell errors in the same way. */
export { decodeError, decodeInnerError, encodeError } from "../shared/openai/errors.ts";
