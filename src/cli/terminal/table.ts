import { cutTo, displayWidth } from "./width.ts";

export interface TableLayout {
  /** Numbers of the columns whose text stands at the right. */
  readonly right?: ReadonlySet<number> | undefined;
  /** How wide the whole may be; none: as wide as it is. */
  readonly columns?: number | undefined;
  /** Numbers of the columns that give way where it is too wide, the first one first. */
  readonly flexible?: readonly number[] | undefined;
}

const gap = "  ";
const narrowest = 8;

/** Rows of text as aligned columns. */
export function table(rows: readonly (readonly string[])[], layout: TableLayout = {}): readonly string[] {
  const { right, columns, flexible = [] } = layout;
  const widths: number[] = [];
  for (const row of rows)
    for (const [column, text] of row.entries()) widths[column] = Math.max(widths[column] ?? 0, displayWidth(text));
  if (columns !== undefined) narrow(widths, flexible, columns);
  return rows.map((row) =>
    row
      .map((text, column) => {
        const width = widths[column] ?? 0;
        const cell = cutTo(text, width);
        const space = " ".repeat(width - displayWidth(cell));
        return right?.has(column) === true ? space + cell : cell + space;
      })
      .join(gap)
      .trimEnd(),
  );
}

function narrow(widths: number[], flexible: readonly number[], columns: number): void {
  const total = widths.reduce((sum, width) => sum + width, gap.length * (widths.length - 1));
  let over = total - columns;
  for (const column of flexible) {
    const width = widths[column] ?? 0;
    const gives = Math.max(0, Math.min(over, width - narrowest));
    widths[column] = width - gives;
    over -= gives;
  }
}
