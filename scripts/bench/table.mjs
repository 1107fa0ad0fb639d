/** @param {readonly any[]} results */
export function showTable(results) {
  const rows = results.map(({ name, unit, p50, p95, target, met }) => [
    name,
    show(p50),
    show(p95),
    unit,
    target === null ? '' : Object.entries(target).map(words).join(', '),
    met === null ? '' : met ? 'met' : 'missed',
  ]);
  const all = [['measure', 'p50', 'p95', 'unit', 'target', ''], ...rows];
  const widths = all[0].map((_, column) => Math.max(...all.map((row) => row[column].length)));
  const isNumber = (column) => column === 1 || column === 2;
  return all
    .map((row) =>
      row
        .map((cell, column) => (isNumber(column) ? cell.padStart(widths[column]) : cell.padEnd(widths[column])))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** A bound of a rank, or of the one reading there is. */
function words([rank, bound]) {
  if (rank === 'atLeast') return `>= ${bound}`;
  return rank === 'atMost' ? `<= ${bound}` : `${rank} <= ${bound}`;
}

const show = (value) => (value === null ? '' : String(value));
