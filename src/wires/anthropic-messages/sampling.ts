import type { ChatRequest } from "../../canonical/chat.ts";
import type { Losses } from "../shared/losses.ts";
import { type Draft, put } from "./spelling.ts";
import { version } from "./thinking.ts";

/** Temperature, top_p, top_k and stop sequences within what Anthropic takes of another wire's request. */
export function encodeSampling(
  body: Draft,
  request: ChatRequest,
  model: string,
  thinking: boolean,
  native: boolean,
  losses: Losses,
): void {
  if (native) {
    put(body, "temperature", request.temperature);
    put(body, "top_p", request.topP);
    put(body, "top_k", request.topK);
    put(body, "stop_sequences", request.stop);
    return;
  }
  const made = version(model) ?? 0;
  const fixed = thinking
    ? "Anthropic's models take no other when they think"
    : made > 4.6
      ? `${model} takes no other`
      : undefined;
  const { topK, stop } = request;
  // 1 is the default of both: left out, nothing is lost. Models since 4.1 refuse the two together.
  const plain = fixed !== undefined || made >= 4.1;
  const temperature = plain && request.temperature === 1 ? undefined : request.temperature;
  const topP = plain && request.topP === 1 ? undefined : request.topP;
  if (temperature !== undefined) {
    if (fixed !== undefined) losses.drop("temperature_dropped", "temperature", fixed);
    else if (temperature > 1) {
      body["temperature"] = 1;
      losses.approximate("temperature_fitted", "temperature", `${temperature} became 1, Anthropic's highest`);
    } else body["temperature"] = temperature;
  }
  if (topP !== undefined) {
    if (fixed !== undefined && topP < 0.99) losses.drop("top_p_dropped", "top_p", fixed);
    else if (body["temperature"] !== undefined && made >= 4.1) {
      losses.drop("top_p_dropped", "top_p", `${model} takes either temperature or top_p`);
    } else body["top_p"] = topP;
  }
  if (topK !== undefined) {
    if (fixed !== undefined) losses.drop("top_k_dropped", "top_k", fixed);
    else body["top_k"] = topK;
  }
  if (stop !== undefined) {
    const usable = stop.filter((word) => word.trim() !== "");
    if (usable.length < stop.length) losses.drop("stop_dropped", "stop", "Anthropic refuses stop sequences of white space only");
    if (usable.length > 0) body["stop_sequences"] = usable;
  }
}
