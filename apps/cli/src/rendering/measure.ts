/** A number as a person reads it. */
export function formatNumber(value: number): string {
  return Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(6)));
}

/** A value with its unit, or a dash when there is none. */
export function formatValue(value: number | null | undefined, unit: string): string {
  if (value == null) return '–';
  return unit === '' ? formatNumber(value) : `${formatNumber(value)} ${unit}`;
}

interface MeasureLike {
  kind: string;
  command?: string | null;
  question?: string | null;
  read?: unknown;
}

/** How a key result is measured, in one line. Commands are shown whole: they are what a person approves. */
export function describeMeasure({ kind, command, question, read }: MeasureLike): string {
  switch (kind) {
    case 'command':
      return `measured by: ${command ?? ''}${describeReader(read)}`;
    case 'manual':
      return `a person is asked: ${question ?? ''}`;
    default:
      return 'measured by the tasks merged, in percent';
  }
}

function describeReader(read: unknown): string {
  const { type, pattern, pointer } = (read ?? {}) as { type?: string; pattern?: string; pointer?: string };
  switch (type) {
    case 'exit_code':
      return '  (1 when it exits 0, else 0)';
    case 'regex':
      return `  (number matched by /${pattern ?? ''}/)`;
    case 'json_pointer':
      return `  (number at ${pointer ?? ''} of its JSON)`;
    default:
      return '';
  }
}
