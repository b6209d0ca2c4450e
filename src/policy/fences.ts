/** Whether text begins as JSON does: with a bracket, a quote or a figure. `true`, `false` and `null` could be words. */
export const beginsAsJson = (text: string): boolean => /^\s*[[{"\-0-9]/.test(text);

/** Most characters held back while it is not known whether a fence will come. */
const mostHeld = 1024;

/**
 * Takes the markdown fence off JSON that streams past, with the words before and behind it. What begins as JSON passes
 * untouched and unread. What begins otherwise is held back until a fence opens in it, for at most 1,024 characters; then it
 * passes as it is. Behind the fence that closes, nothing passes.
 */
export class Fences {
  #state: "begin" | "plain" | "fenced" | "over" = "begin";
  #held = "";
  /** Within the fence: whether the reader stands in a string of the document. */
  #quoted = false;
  #escaped = false;
  /** A fence was taken off. */
  stripped = false;

  push(text: string): string {
    switch (this.#state) {
      case "plain":
        return text;
      case "over":
        return "";
      case "fenced":
        return this.#inside(text);
      case "begin":
        return this.#beginning(this.#held + text);
    }
  }

  /** What was held back: no more is to come, or not here. */
  release(): string {
    const rest = this.#state === "begin" ? this.#held : "";
    this.#held = "";
    return rest;
  }

  #beginning(text: string): string {
    if (beginsAsJson(text)) return this.#pass(text);
    const open = /```[\w-]*[ \t]*(?:\r?\n|(?=[[{"]))/.exec(text);
    if (open !== null) {
      this.#state = "fenced";
      this.#held = "";
      this.stripped = true;
      return this.#inside(text.slice(open.index + open[0].length));
    }
    if (text.length > mostHeld) return this.#pass(text);
    this.#held = text;
    return "";
  }

  #pass(text: string): string {
    this.#state = "plain";
    this.#held = "";
    return text;
  }

  /** Up to three backticks that stand in no string. */
  #inside(more: string): string {
    const text = this.#held + more;
    this.#held = "";
    let ticks = 0;
    for (let at = 0; at < text.length; at++) {
      const char = text.charCodeAt(at);
      if (this.#escaped) this.#escaped = false;
      else if (this.#quoted && char === 0x5c) this.#escaped = true;
      else if (char === 0x22) this.#quoted = !this.#quoted;
      ticks = char === 0x60 && !this.#quoted ? ticks + 1 : 0;
      if (ticks === 3) {
        this.#state = "over";
        return text.slice(0, at - 2);
      }
    }
    if (ticks === 0) return text;
    this.#held = text.slice(-ticks);
    return text.slice(0, -ticks);
  }
}
