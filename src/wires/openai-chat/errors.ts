/** OpenAI's wires all tell errors in the same way. */
export { decodeError, decodeInnerError, encodeError, errorObject } from "../shared/openai/errors.ts";
