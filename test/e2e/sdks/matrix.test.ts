import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { aborts } from "./aborts.ts";
import { answers } from "./answers.ts";
import { type Check, columns, demonstrate } from "./check.ts";
import { aiAnthropic } from "./drivers/ai-anthropic.ts";
import { aiCompatible } from "./drivers/ai-compatible.ts";
import { aiGoogle } from "./drivers/ai-google.ts";
import { aiOpenai, aiOpenaiStored } from "./drivers/ai-openai.ts";
import { anthropic } from "./drivers/anthropic.ts";
import { googleGenai } from "./drivers/google-genai.ts";
import { langchainAnthropic } from "./drivers/langchain-anthropic.ts";
import { langchainGoogle } from "./drivers/langchain-google.ts";
import { langchainOpenai, langchainResponses } from "./drivers/langchain-openai.ts";
import { openaiChat } from "./drivers/openai-chat.ts";
import { openaiResponses, openaiResponsesStored } from "./drivers/openai-responses.ts";
import { errors } from "./errors.ts";
import { exceptionOf } from "./exceptions.ts";
import { Table } from "./table.ts";
import { tools } from "./tools.ts";
import { startUpstreams, type Upstreams } from "./upstreams.ts";

const drivers = [
  openaiChat,
  openaiResponses,
  openaiResponsesStored,
  anthropic,
  googleGenai,
  aiOpenai,
  aiOpenaiStored,
  aiAnthropic,
  aiGoogle,
  aiCompatible,
  langchainOpenai,
  langchainResponses,
  langchainAnthropic,
  langchainGoogle,
];

const checks: readonly Check[] = [...answers, ...tools, ...errors, ...aborts];

// It warns of every model it has never heard of.
Object.assign(globalThis, { AI_SDK_LOG_WARNINGS: false });

const table = new Table(drivers, columns);
let upstreams: Upstreams;
before(async () => {
  upstreams = await startUpstreams();
});
after(async () => {
  await upstreams.close();
  for (const line of table.lines()) console.log(line);
});

for (const driver of drivers) {
  describe(driver.name, { concurrency: columns.length }, () => {
    for (const column of columns) {
      describe(column, { concurrency: 1 }, () => {
        for (const check of checks) {
          const exception = exceptionOf(driver, column, check);
          if (exception !== undefined) table.except(driver, column, exception);
          if (exception !== undefined && exception.refusal === undefined) continue;
          test(check.name, { timeout: 15_000 }, async () => {
            table.begun(driver, column);
            if (exception?.refusal === undefined) await demonstrate(upstreams, driver, column, check);
            else await assert.rejects(demonstrate(upstreams, driver, column, check), { message: exception.refusal });
            table.passed(driver, column);
          });
        }
      });
    }
  });
}
