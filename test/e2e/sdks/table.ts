import type { Column } from "./check.ts";
import type { Driver } from "./driver.ts";
import type { Exception } from "./exceptions.ts";

interface Count {
  begun: number;
  passed: number;
  readonly notes: Set<number>;
}

/** Drivers down, upstreams across; each cell says how many checks have passed of how many, and what does not apply to it. */
export class Table {
  readonly #drivers: readonly Driver[];
  readonly #columns: readonly Column[];
  readonly #counts = new Map<string, Count>();
  readonly #notes: { readonly exception: Exception; count: number }[] = [];

  constructor(drivers: readonly Driver[], columns: readonly Column[]) {
    this.#drivers = drivers;
    this.#columns = columns;
  }

  begun(driver: Driver, column: Column): void {
    this.#count(driver, column).begun++;
  }

  passed(driver: Driver, column: Column): void {
    this.#count(driver, column).passed++;
  }

  except(driver: Driver, column: Column, exception: Exception): void {
    let at = this.#notes.findIndex((note) => note.exception === exception);
    if (at < 0) at = this.#notes.push({ exception, count: 0 }) - 1;
    const note = this.#notes[at];
    if (note !== undefined) note.count++;
    this.#count(driver, column).notes.add(at + 1);
  }

  lines(): readonly string[] {
    const rows = this.#drivers.map((driver) => [driver.name, ...this.#columns.map((column) => this.#cell(driver, column))]);
    const head = ["SDK in front of", ...this.#columns];
    const widths = head.map((title, i) => Math.max(title.length, ...rows.map((row) => row[i]?.length ?? 0)));
    const line = (row: readonly string[]): string =>
      row
        .map((text, i) => text.padEnd(widths[i] ?? 0))
        .join("  ")
        .trimEnd();
    const notes = this.#notes.map(({ exception: { checks, why, refusal }, count }, i) => {
      const what = refusal === undefined ? "not applicable" : "refused, as it must be";
      return `(${i + 1}) ${what}: ${checks.source}: ${why} (${count} checks)`;
    });
    return ["", line(head), ...rows.map(line), ...notes];
  }

  #cell(driver: Driver, column: Column): string {
    const { begun, passed, notes } = this.#count(driver, column);
    return `${passed}/${begun}${[...notes].map((note) => ` (${note})`).join("")}`;
  }

  #count(driver: Driver, column: Column): Count {
    const key = `${driver.name}\n${column}`;
    const found = this.#counts.get(key) ?? { begun: 0, passed: 0, notes: new Set() };
    this.#counts.set(key, found);
    return found;
  }
}
