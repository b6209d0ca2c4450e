import { createServer } from "node:http";
import { replyText } from "./reply.ts";

/* One fixed chat completion for every request. Stands in for nginx where that is not installed. Environment: PORT. */

const none = { cached_tokens: 0, audio_tokens: 0 };
const body = Buffer.from(
  JSON.stringify({
    id: "chatcmpl-abc123",
    object: "chat.completion",
    created: 1741569952,
    model: "gpt-4o-mini-2024-07-18",
    choices: [
      {
        index: 0,
        message: { role: "assistant", content: replyText, refusal: null, annotations: [] },
        logprobs: null,
        finish_reason: "stop",
      },
    ],
    usage: {
      prompt_tokens: 19,
      completion_tokens: 10,
      total_tokens: 29,
      prompt_tokens_details: none,
      completion_tokens_details: {
        reasoning_tokens: 0,
        audio_tokens: 0,
        accepted_prediction_tokens: 0,
        rejected_prediction_tokens: 0,
      },
    },
    service_tier: "default",
  }),
);

createServer((request, response) => {
  request.resume();
  request.on("end", () =>
    response.writeHead(200, { "content-type": "application/json", "content-length": body.length }).end(body),
  );
}).listen(Number(process.env["PORT"]), "127.0.0.1");
