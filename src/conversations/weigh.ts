/** What a value takes in memory, roughly: the characters of all texts in it, and what an object costs. */
export function weigh(whole: unknown): number {
  let characters = 0;
  const pending: unknown[] = [whole];
  for (let at = 0; at < pending.length; at++) {
    const value = pending[at];
    if (typeof value === "string") characters += value.length + 16;
    else if (typeof value === "object" && value !== null) {
      characters += 64;
      for (const member of Object.values(value)) pending.push(member);
    }
  }
  return characters;
}
