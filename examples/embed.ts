import { createGateway } from "polygate";

const { EMBEDDING_MODEL = "openai/text-embedding-3-small" } = process.env;
const texts = ["The cat sleeps on the sofa.", "Stocks fell sharply on Monday.", "A kitten naps on the couch."];

await using gateway = await createGateway();
const { vectors, usage } = await gateway.embed({ model: EMBEDDING_MODEL, input: texts });

const product = (a: readonly number[], b: readonly number[]) => a.reduce((sum, value, at) => sum + value * (b[at] ?? 0), 0);
const [first = []] = vectors;
const length = (vector: readonly number[]) => Math.sqrt(product(vector, vector));
vectors.forEach((vector, at) => {
  console.log(`${(product(first, vector) / (length(first) * length(vector))).toFixed(3)}  ${texts[at]}`);
});
console.error(`${usage?.inputTokens} tokens`);
