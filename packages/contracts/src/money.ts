/** Integer millionths of a US dollar. A plain number: exact up to nine billion dollars, and JSON carries it. */
export type MicroUsd = number;

export const microsPerUsd = 1_000_000;

/** `12_345` becomes `$0.0123`; four decimals below a dollar, two above. */
export function formatUsd(micros: MicroUsd): string {
  const dollars = micros / microsPerUsd;
  return `$${dollars.toFixed(Math.abs(dollars) >= 1 ? 2 : 4)}`;
}

/**
 * Dollars as a person writes them (`5`, `0.05`, `$1.20`) to micro-USD.
 * @returns null when the text is no amount, is negative, or has more than six decimals
 */
export function parseUsd(text: string): MicroUsd | null {
  const match = /^\$?(\d{1,9})(?:\.(\d{1,6}))?$/.exec(text.trim());
  if (!match) return null;
  return Number(match[1]) * microsPerUsd + Number((match[2] ?? '').padEnd(6, '0'));
}
