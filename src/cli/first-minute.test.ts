import assert from "node:assert/strict";
import { test } from "node:test";
import type { Json } from "../canonical/json.ts";
import type { ListedModel } from "../canonical/models.ts";
import { curlLine, findLocalServers, modelToTry } from "./first-minute.ts";

const answering = (answers: { readonly [url: string]: Json }) => async (url: string) => answers[url];

test("a model server on this machine is found only when it is one and has a model", async () => {
  const names = async (answers: { readonly [url: string]: Json }) =>
    (await findLocalServers(answering(answers))).map(({ name }) => name);
  const ollama = "http://127.0.0.1:11434/api/tags";
  const lmstudio = "http://127.0.0.1:1234/v1/models";
  assert.deepEqual(await names({}), []);
  assert.deepEqual(await names({ [ollama]: { models: [] }, [lmstudio]: { hello: "I am a web server" } }), []);
  assert.deepEqual(await names({ [ollama]: { models: [{ name: "llama3.2:3b" }] }, [lmstudio]: { data: [{ id: "qwen" }] } }), [
    "ollama",
    "lmstudio",
  ]);
});

const model = (id: string, createdAt = 0): ListedModel => ({ id, provider: id.split("/")[0] ?? "", createdAt });

test("the model to try first can chat, is at hand, is cheap, is new: in that order", () => {
  const nothing = new Set<string>();
  assert.equal(modelToTry([], nothing), undefined);
  assert.equal(
    modelToTry([model("openai/text-embedding-3-small"), model("openai/whisper-1"), model("openai/gpt-image-1-mini")], nothing),
    undefined,
  );
  assert.equal(modelToTry([model("own/\u009b2Jmini"), model("own/\u202emini")], nothing), undefined);
  const remote = [
    model("openai/gpt-9", 90),
    model("openai/gpt-4o-mini", 10),
    model("openai/gpt-5-mini", 50),
    model("openai/gpt-4o-mini-tts", 99),
  ];
  assert.equal(modelToTry(remote, nothing)?.id, "openai/gpt-5-mini");
  assert.equal(
    modelToTry([...remote, model("ollama/llama3.3:70b"), model("ollama/nomic-embed-text")], new Set(["ollama"]))?.id,
    "ollama/llama3.3:70b",
  );
});

test("the curl line can be pasted into a shell and names a key without its secret", () => {
  assert.equal(
    curlLine("http://127.0.0.1:4000", "sim/echo", undefined),
    `curl http://127.0.0.1:4000/v1/chat/completions -H 'content-type: application/json' -d '{"model":"sim/echo","messages":[{"role":"user","content":"Say hello."}]}'`,
  );
  assert.match(curlLine("http://h", "own/it's", "dev"), /-H 'authorization: Bearer <secret of the key dev>' .*"own\/it'\\''s"/);
});
