import { CostSource, formatUsd, type MicroUsd } from '@fermata/contracts';

/** What was spent; with ≈ where some of it was reckoned, because the provider did not say what a call took. */
export function costText({ micros, estimated }: { micros: MicroUsd; estimated: boolean }): string {
  return estimated ? about(micros) : formatUsd(micros);
}

/** As `costText`, where an agent may have a login of its own: then what it costs is its own word, or nobody's. */
export function costWordsFrom(source: CostSource, cost: { micros: MicroUsd; estimated: boolean }): string {
  switch (source) {
    case CostSource.metered:
      return costText(cost);
    case CostSource.reported:
      return `${costText(cost)} (cost as reported by the agent)`;
    case CostSource.unknown:
      return cost.micros > 0 ? `${costText(cost)} and more (cost unknown)` : 'cost unknown';
  }
}

/** An amount that nobody has measured. */
export function about(micros: MicroUsd): string {
  return `≈${formatUsd(micros)}`;
}
