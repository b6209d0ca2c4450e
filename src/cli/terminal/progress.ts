import type { Ports } from "../ports.ts";
import { cutTo } from "./width.ts";

/** One line on the terminal that says what is being waited for, and goes away again. Nothing where there is no terminal. */
export class Progress {
  readonly #ports: Pick<Ports, "terminal" | "write">;
  #shown = false;

  constructor(ports: Pick<Ports, "terminal" | "write">) {
    this.#ports = ports;
  }

  show(text: string): void {
    const { terminal } = this.#ports;
    if (!terminal.err) return;
    this.#ports.write(`\r\u001b[2K${cutTo(text, Math.max(10, terminal.columns - 1))}`, "err");
    this.#shown = true;
  }

  clear(): void {
    if (!this.#shown) return;
    this.#ports.write("\r\u001b[2K", "err");
    this.#shown = false;
  }
}
