import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { asked, type FourWires, pairs, providerOf, startFourWires, type WireName, wireNames } from "../pains/kit/four-wires.ts";
import { told } from "../pains/kit/told.ts";

const key = ["AKIA", "IOSFODNN7EXAMPLE"].join("");
const said = `The key is ${key}. Keep it.`;

const saying: { readonly [wire in WireName]: (text: string) => Parameters<FourWires["post"]>[2] } = {
  "openai-chat": (content) => ({ messages: [{ role: "user", content }] }),
  "openai-responses": (input) => ({ input }),
  "anthropic-messages": (content) => ({ messages: [{ role: "user", content }] }),
  gemini: (text) => ({ contents: [{ role: "user", parts: [{ text }] }] }),
};

const length: { readonly [wire in WireName]: RegExp } = {
  "openai-chat": /^length$/,
  "openai-responses": /incomplete\/max_output_tokens/,
  "anthropic-messages": /^max_tokens$/,
  gemini: /^MAX_TOKENS$/,
};

describe("answers under guards", { timeout: 110_000 }, () => {
  let open: FourWires;
  let redacting: FourWires;
  let flagging: FourWires;
  let cutting: FourWires;
  before(async () => {
    open = await startFourWires({ yaml: "guards: { input: { control_characters: off } }" });
    redacting = await startFourWires({
      yaml: 'guards: { output: { secrets: redact, pii: redact }, forbidden: ["no such thing"] }',
    });
    flagging = await startFourWires({ yaml: "guards: { output: { secrets: flag } }" });
    cutting = await startFourWires({ yaml: "guards: { output: { max_characters: 25 } }" });
  });
  after(async () => {
    for (const stack of [open, redacting, flagging, cutting]) await stack.close();
  });

  for (const { caller, upstream } of pairs) {
    it(`${caller} from ${upstream}: an answer in which nothing is found is the same as without guards`, async () => {
      for (const model of ["echo", "reasoner", "tools", "parallel", "words:60"]) {
        for (const stream of [false, true]) {
          const ask = (stack: FourWires) => stack.post(caller, `${providerOf[upstream]}/${model}`, asked[caller], { stream });
          const without = await ask(open);
          const guarded = await ask(redacting);
          assert.equal(guarded.status, 200, guarded.text);
          const plain = ({ text, calls, finish }: Awaited<ReturnType<typeof told>>) => ({
            text,
            finish,
            calls: calls.map(({ name, args }) => ({ name, args })),
          });
          assert.deepEqual(
            plain(await told(caller, guarded, stream)),
            plain(await told(caller, without, stream)),
            `${model} ${stream}`,
          );
        }
      }
    });

    it(`${caller} from ${upstream}: at most characters the answer is cut, and ends well`, async () => {
      for (const stream of [false, true]) {
        const answer = await cutting.post(caller, `${providerOf[upstream]}/words:60`, saying[caller]("hi"), { stream });
        const { text, finish } = await told(caller, answer, stream);
        assert.equal(text, "word0 word1 word2 word3 word4 word5".slice(0, 25), answer.text);
        assert.match(finish ?? "", length[caller]);
      }
    });
  }

  for (const wire of wireNames) {
    it(`${wire}: what is only flagged goes on as it came, and the books say so`, async () => {
      for (const stream of [false, true]) {
        const answer = await flagging.post(wire, `${providerOf[wire]}/echo`, saying[wire](said), { stream });
        assert.equal((await told(wire, answer, stream)).text, said);
        const row = (await flagging.ledger()).at(-1);
        assert.equal(Number(row?.relayed), 1);
        assert.match(String(row?.warnings), /guard_secrets/);
        if (!stream) assert.match(answer.headers["x-polygate-warnings"] ?? "", /guard_secrets at=choices\[0\]/);
      }
    });
  }

  it("a stream that is refused is refused at its provider, too, and booked as an error", async () => {
    const refusing = await startFourWires({
      yaml: "guards: { output: { secrets: refuse } }",
      simulated: { pace: { ms: 1, events: 20 } },
    });
    try {
      const answer = await refusing.post(
        "openai-chat",
        "oai/echo",
        saying["openai-chat"](`${"word ".repeat(200)}${said}${" word".repeat(2000)}`),
        {
          stream: true,
        },
      );
      assert.ok(answer.text.includes("content_policy") || answer.text.includes("content_filter"), answer.text.slice(-500));
      assert.ok(!answer.text.includes("AKIA"), answer.text.slice(-500));
      assert.ok(answer.text.includes("word"), "what came before was sent");
      await refusing.provider.journal.waitFor(({ outcome }) => outcome === "aborted");
      const row = (await refusing.ledger()).at(-1);
      assert.equal(row?.terminal, "error");
      assert.match(String(row?.warnings), /guard_secrets_refused/);
    } finally {
      await refusing.close();
    }
  });

  it("arguments of tools stay JSON, and whole numbers too", async () => {
    const schema = {
      type: "object",
      properties: { key: { const: key }, card: { const: 4111111111111111 } },
      required: ["key", "card"],
    };
    const body = {
      messages: [{ role: "user", content: "hi" }],
      tools: [{ type: "function", function: { name: "send", parameters: schema } }],
    };
    for (const stream of [false, true]) {
      for (const provider of ["oai", "ant"]) {
        const answer = await redacting.post("openai-chat", `${provider}/echo`, body, { stream });
        const { calls } = await told("openai-chat", answer, stream);
        assert.deepEqual(
          calls.map(({ args }) => args),
          [{ key: "[redacted:aws_key]", card: "[redacted:payment_card]" }],
          answer.text,
        );
      }
    }
  });
});
