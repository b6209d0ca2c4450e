/** Members of a response that the specifications name: all others go to the result's `extra`. */
export const responseMembers: ReadonlySet<string> = new Set([
  ...["id", "object", "created_at", "completed_at", "status", "error", "incomplete_details", "instructions", "metadata", "model"],
  ...[
    "output",
    "output_text",
    "parallel_tool_calls",
    "temperature",
    "tool_choice",
    "tools",
    "top_p",
    "background",
    "conversation",
  ],
  ...["image", "max_output_tokens", "max_tool_calls", "moderation", "previous_response_id", "prompt", "prompt_cache_key"],
  ...["prompt_cache_options", "prompt_cache_retention", "prompt_cache_diagnostics", "reasoning", "safety_identifier"],
  ...["service_tier", "text", "tool_usage", "top_logprobs", "truncation", "usage", "user", "store", "presence_penalty"],
  ...["frequency_penalty", "billing", "access_programs", "system_fingerprint"],
]);
