import { cutTo, displayWidth } from "./width.ts";

export interface TableLayout {
  /** Numbers of the columns whose text stands at the right. */
  readonly right?: ReadonlySet<number> | undefined;
  /** How wide the whole may be; none: as wide as it is. */
  readonly columns?: number | undefined;
  /** Numbers of the columns that give way where it is too wide, the first one first. */
  readonly flexible?: readonly number[] | undefined;
  /** Numbers of the columns that are left out, one after the other, where that is not enough. */
  readonly optional?: readonly number[] | undefined;
}

const gap = "  ";
const narrowest = 8;

/** Rows of text as aligned columns. */
export function table(rows: readonly (readonly string[])[], layout: TableLayout = {}): readonly string[] {
  const widths: number[] = [];
  for (const row of rows)
    for (const [column, text] of row.entries()) widths[column] = Math.max(widths[column] ?? 0, displayWidth(text));
  const fitted = fit(widths, layout);
  return rows.map((row) => lay(row, fitted, layout.right));
}

/** How wide each column may be; those that are left out have none. */
export function fit(
  widths: readonly number[],
  { columns, flexible = [], optional = [] }: TableLayout,
): readonly (number | undefined)[] {
  if (columns === undefined) return widths;
  const gone = new Set<number>();
  for (const column of optional) {
    if (least(widths, flexible, gone) <= columns) break;
    gone.add(column);
  }
  const left = widths.map((width, column) => (gone.has(column) ? undefined : width));
  const shown = left.filter((width) => width !== undefined);
  let over = shown.reduce((sum, width) => sum + width, gap.length * (shown.length - 1)) - columns;
  for (const column of flexible) {
    const width = left[column];
    if (width === undefined) continue;
    const gives = Math.max(0, Math.min(over, width - narrowest));
    left[column] = width - gives;
    over -= gives;
  }
  return left;
}

/** One row in columns of these widths. */
export function lay(row: readonly string[], widths: readonly (number | undefined)[], right?: ReadonlySet<number>): string {
  return row
    .flatMap((text, column) => {
      const width = widths[column];
      if (width === undefined) return [];
      const cell = cutTo(text, width);
      const space = " ".repeat(width - displayWidth(cell));
      return [right?.has(column) === true ? space + cell : cell + space];
    })
    .join(gap)
    .trimEnd();
}

function least(widths: readonly number[], flexible: readonly number[], gone: ReadonlySet<number>): number {
  const left = widths.flatMap((width, column) =>
    gone.has(column) ? [] : [flexible.includes(column) ? Math.min(width, narrowest) : width],
  );
  return left.reduce((sum, width) => sum + width, gap.length * (left.length - 1));
}
