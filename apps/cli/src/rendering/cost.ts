import { formatUsd, type MicroUsd } from '@fermata/contracts';

/** What was spent; with ≈ where some of it was reckoned, because the provider did not say what a call took. */
export function costText({ micros, estimated }: { micros: MicroUsd; estimated: boolean }): string {
  return estimated ? about(micros) : formatUsd(micros);
}

/** An amount that nobody has measured. */
export function about(micros: MicroUsd): string {
  return `≈${formatUsd(micros)}`;
}
