import type { Size } from "./image-size.ts";

/** How the models of one family count, over and above the text itself. */
export interface Family {
  /** Tokens for each one that `textTokens` finds in texts, and in the definitions of tools. */
  readonly text: number;
  readonly toolText: number;
  /** For each message, and for the conversation. */
  readonly message: number;
  readonly base: number;
  /** For each tool, and for having any: the words by which a model is told of them. */
  readonly tool: number;
  readonly tools: number;
  /** For each call and each result. */
  readonly call: number;
  /** For thinking that is asked for. */
  readonly thinking: number;
  readonly image: (size: Size, detail: string | undefined) => number;
  /** For each page of a document, and each second of sound. */
  readonly page: number;
  readonly second: number;
}

/** Anthropic's rule: pixels by 750 once the longer side is at most 1568. */
function byArea({ width, height }: Size): number {
  const scale = Math.min(1, 1568 / Math.max(width, height));
  return Math.min(1600, (width * height * scale * scale) / 750);
}

/** OpenAI's rule: within 2048 by 2048, then the shorter side at most 768, then tiles of 512. */
function byTiles({ width, height }: Size, detail: string | undefined): number {
  if (detail === "low") return 85;
  const fit = Math.min(1, 2048 / Math.max(width, height));
  const scale = fit * Math.min(1, 768 / (Math.min(width, height) * fit));
  return 85 + 170 * Math.ceil((width * scale) / 512) * Math.ceil((height * scale) / 512);
}

/** Google's rule: 258 for a small picture, and for each tile of 768 of a larger one. */
const byCrops = ({ width, height }: Size): number =>
  width <= 384 && height <= 384 ? 258 : 258 * Math.ceil(width / 768) * Math.ceil(height / 768);

const other: Family = {
  ...{ text: 1, toolText: 1.1, message: 3, base: 3, tool: 5, tools: 45, call: 10, thinking: 2 },
  ...{ image: byArea, page: 1500, second: 12 },
};
const claude: Family = { ...other, text: 1.05, message: 1, base: 6, tool: 15, tools: 480, call: 20, thinking: 29, page: 1590 };
const gpt: Family = {
  ...other,
  text: 0.97,
  toolText: 0.6,
  message: 4,
  tool: 0,
  tools: 12,
  call: 6,
  thinking: 0,
  image: byTiles,
  second: 10,
};

/** By what a model's name holds, first come first served. Figures are fitted to recorded usages; see the test of estimates. */
const families: readonly (readonly [name: RegExp, family: Family])[] = [
  // Their tokenizer makes a good quarter more of the same text.
  [
    /claude-(?:[a-z]+-)?(?:4[-.][789]|[5-9])(?!\d{2})/,
    { ...claude, text: 1.25, toolText: 1.8, message: 2, base: 5, tool: 0, tools: 355, thinking: 4 },
  ],
  [/claude/, claude],
  [/gpt-oss/, { ...gpt, text: 0.95, message: 7, base: 60, tools: 20, call: 16, thinking: 5 }],
  [/gpt|^o\d|\/o\d/, gpt],
  [
    /gemini|gemma/,
    {
      ...other,
      text: 0.95,
      toolText: 0.5,
      message: 0,
      base: 0,
      tool: 0,
      tools: 0,
      call: 9,
      image: byCrops,
      page: 258,
      second: 32,
    },
  ],
  [
    /mistral|mixtral|ministral|magistral|codestral|devstral|pixtral|voxtral/,
    { ...other, toolText: 1.25, message: 2, base: 2, tools: 2, call: 2, thinking: 15 },
  ],
  [/qwen|qwq/, { ...other, text: 0.92, message: 5, base: 5, tool: 50, tools: 40, call: 13 }],
  [/deepseek/, { ...other, text: 1.05, message: 0.5, base: 2.5, tool: 0, tools: 215, call: 22 }],
  [/llama/, { ...other, message: 5, base: 6, tool: 13, tools: 110, call: 2 }],
  [/kimi|moonshot/, { ...other, toolText: 0.75, base: 5, tool: 0, tools: 25, call: 13 }],
  [/glm/, { ...other, toolText: 1.25, message: 1, base: 5, tool: 20, tools: 70, call: 15 }],
];

export const familyOf = (model: string): Family => {
  const name = model.slice(0, 200).toLowerCase();
  return families.find(([pattern]) => pattern.test(name))?.[1] ?? other;
};
