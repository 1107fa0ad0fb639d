import { stripVTControlCharacters } from 'node:util';
import { clip } from './clip.js';
import type { Style } from './style.js';

export interface Column<Row> {
  title: string;
  value: (row: Row) => string;
  align?: 'right';
  /** The column that gives way when the table is wider than its room. At most one. */
  flexible?: boolean;
  paint?: (text: string, row: Row) => string;
}

export interface TableRoom {
  style: Style;
  width: number;
}

const gap = '  ';
const leastFlexible = 10;

/** Rows under titles, within the width where a flexible column allows it. Cells are one line each. */
export function renderTable<Row>(
  rows: readonly Row[],
  columns: readonly Column<NoInfer<Row>>[],
  { style, width }: TableRoom,
): string {
  const cells = rows.map((row) => columns.map((column) => clip(column.value(row), Infinity)));
  const widths = columns.map(({ title }, index) =>
    Math.max(title.length, ...cells.map((line) => line[index]?.length ?? 0)),
  );
  narrow(columns, widths, width);
  const line = (texts: readonly string[], paint: (text: string, index: number) => string) =>
    texts
      .map((text, index) => paint(fit(text, widths[index] ?? 0, columns[index]?.align), index))
      .join(gap)
      .trimEnd();
  const titles = line(
    columns.map(({ title }) => title),
    (text) => style.dim(text),
  );
  const lines = cells.map((texts, at) =>
    line(texts, (text, index) => {
      const [row, paint] = [rows[at], columns[index]?.paint];
      return row === undefined || paint === undefined ? text : paint(text, row);
    }),
  );
  return [titles, ...lines].join('\n');
}

function narrow<Row>(columns: readonly Column<Row>[], widths: number[], width: number): void {
  const index = columns.findIndex(({ flexible }) => flexible);
  const total = widths.reduce((sum, each) => sum + each, gap.length * (columns.length - 1));
  const own = widths[index];
  if (own !== undefined && total > width) widths[index] = Math.max(leastFlexible, own - (total - width));
}

function fit(text: string, width: number, align: 'right' | undefined): string {
  const cut = clip(text, width);
  return align === 'right' ? cut.padStart(width) : cut.padEnd(width);
}

/** How many columns a text takes, colours aside. */
export function columnsOf(text: string): number {
  return [...stripVTControlCharacters(text)].length;
}
