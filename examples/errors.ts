import { CallError, createGateway } from "polygate";

await using gateway = await createGateway();
try {
  await gateway.generate({ model: process.env["MODEL"] ?? "openai/no-such-model", prompt: "Hello", timeoutMs: 20_000 });
} catch (error) {
  if (!(error instanceof CallError)) throw error;
  // The gateway has tried again already where that made sense.
  const { code, status, retryable, retryAfterMs, attempts, callId, message } = error;
  console.log(`${code} (${status}) after ${attempts} attempt(s): ${message}`);
  console.log(retryable ? `try again in ${retryAfterMs ?? 1000} ms` : "trying again will not help");
  console.log(`polygate call show ${callId}`);
}
