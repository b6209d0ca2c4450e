/** Request bodies of a given size, the same for every gateway but for the model's name. */
export interface BodyShape {
  readonly model: string;
  readonly stream: boolean;
  /** Size aimed at. */
  readonly bytes: number;
}

const system = "You are a helpful assistant. Answer in one sentence.";
const question = "Hello! Could you tell me what a gateway is, and why one would want it between a program and its models?";
const paragraph =
  'The "gateway" takes a call, checks the key\nand sends it on: nothing is lost, nothing is doubled, and the books say what it cost.\tNaïve? Perhaps. ';

/** A conversation of about `bytes` bytes: turns of 2 KB, the last one the caller's. */
function turns(bytes: number): { role: "user" | "assistant"; content: string }[] {
  const content = paragraph.repeat(Math.ceil(2_000 / paragraph.length));
  const pairs = Math.max(0, Math.floor(bytes / (2 * (content.length + 60))));
  const history = Array.from({ length: pairs }, () => [
    { role: "user" as const, content },
    { role: "assistant" as const, content },
  ]).flat();
  return [...history, { role: "user", content: question }];
}

export function chatBody({ model, stream, bytes }: BodyShape): string {
  const messages = [{ role: "system", content: system }, ...turns(bytes)];
  return JSON.stringify({ model, messages, temperature: 0.7, max_tokens: 256, ...(stream ? { stream } : {}) });
}

export function messagesBody({ model, stream, bytes }: BodyShape): string {
  const rest = { system, messages: turns(bytes), temperature: 0.7, ...(stream ? { stream } : {}) };
  return JSON.stringify({ model, max_tokens: 256, ...rest });
}

export function responsesBody({ model, stream, bytes }: BodyShape): string {
  const rest = { instructions: system, input: turns(bytes), temperature: 0.7, store: false, ...(stream ? { stream } : {}) };
  return JSON.stringify({ model, max_output_tokens: 256, ...rest });
}

/** The model is in the path. */
export function geminiBody({ bytes }: BodyShape): string {
  const contents = turns(bytes).map(({ role, content }) => ({
    role: role === "user" ? "user" : "model",
    parts: [{ text: content }],
  }));
  const systemInstruction = { parts: [{ text: system }] };
  return JSON.stringify({ systemInstruction, contents, generationConfig: { temperature: 0.7, maxOutputTokens: 256 } });
}
