import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { type Installed, lend, root, run } from "./installed.ts";

const good = `
import { CallError, createGateway, type GatewayOptions, GatewayError, type GenerateResult, type StreamEvent } from "polygate";

const options: GatewayOptions = { dataDir: false, providers: { mine: { wire: "openai-chat", baseUrl: "http://127.0.0.1:1/v1", apiKey: "none" } } };
await using gateway = await createGateway(options);
const result: GenerateResult = await gateway.generate({ model: "mine/m", prompt: "hi", signal: AbortSignal.timeout(5) });
const tokens: number = result.usage?.totalTokens ?? 0;
const cost: bigint | undefined = result.costNano;
for await (const event of gateway.generateStream({ model: "mine/m", messages: [{ role: "assistant", content: result.parts }] })) {
  const one: StreamEvent = event;
  if (one.type === "text") console.log(one.text.length, tokens, cost);
  else if (one.type === "finish") console.log(one.result.finishReason);
}
const vectors: readonly (readonly number[])[] = (await gateway.embed({ model: "mine/e", input: ["a"] })).vectors;
console.log(vectors);
try {
  await gateway.models();
} catch (error) {
  if (error instanceof CallError) console.log(error.callId.length, error.code, error.retryAfterMs);
  else if (error instanceof GatewayError) console.log(error.status, error.retryable);
}
`;

/** Each must be refused by the types. */
const bad = [
  "await createGateway({ provider: {} });",
  'await gateway.generate({ prompt: "x" });',
  'await gateway.generate({ model: "m", prompt: 7 });',
  'await gateway.generate({ model: "m", messages: [{ role: "robot", content: "x" }] });',
  'result.text = "other";',
];

/** The declarations stand on their own in a strict project that checks libraries too. */
export function types({ project }: Installed): void {
  test("a strict TypeScript project with skipLibCheck off compiles against it, and wrong use does not", () => {
    lend(project, "@types/node", "undici-types");
    const compilerOptions = {
      target: "es2023",
      lib: ["es2023", "esnext.disposable"],
      module: "nodenext",
      strict: true,
      exactOptionalPropertyTypes: true,
      noUncheckedIndexedAccess: true,
      skipLibCheck: false,
      noEmit: true,
      types: ["node"],
    };
    writeFileSync(join(project, "good.ts"), good);
    bad.forEach((line, index) => {
      writeFileSync(join(project, `bad-${index}.ts`), `${good}\n${line}\n`);
    });
    const files = ["good.ts", ...bad.map((_, index) => `bad-${index}.ts`)];
    writeFileSync(join(project, "tsconfig.json"), JSON.stringify({ compilerOptions, files }));
    const { stdout } = run(process.execPath, [join(root, "node_modules/typescript/bin/tsc"), "-p", ".", "--pretty", "false"], {
      cwd: project,
    });
    const faulty = new Set([...stdout.matchAll(/^(\S+?)\(\d+,\d+\): error/gm)].map(([, file]) => file));
    assert.deepEqual([...faulty].sort(), files.slice(1), stdout);
  });
}
