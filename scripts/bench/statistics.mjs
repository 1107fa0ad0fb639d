/**
 * The value below which `share` of the samples lie (nearest rank); null without samples.
 * @param {readonly number[]} samples
 * @param {number} share from 0 to 1
 */
export function percentile(samples, share) {
  const sorted = [...samples].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? null;
}

/**
 * A row of the table from many samples.
 * @param {string} name
 * @param {string} unit
 * @param {readonly number[]} samples
 * @param {{ p50?: number, p95?: number } | null} target upper bounds; null when nothing was promised
 */
export function distribution(name, unit, samples, target = null) {
  const [p50, p95] = [round(percentile(samples, 0.5)), round(percentile(samples, 0.95))];
  const isWithin = (value, bound) => bound === undefined || (value !== null && value <= bound);
  const met = target && isWithin(p50, target.p50) && isWithin(p95, target.p95);
  return { name, unit, p50, p95, samples: samples.length, target, met };
}

/**
 * A row of one reading: there is nothing to rank, so it stands as the median.
 * @param {string} name
 * @param {string} unit
 * @param {number} value
 */
export function reading(name, unit, value) {
  return { name, unit, p50: round(value), p95: null, samples: 1, target: null, met: null };
}

/**
 * As `reading`, with what was promised of it.
 * @param {string} name
 * @param {string} unit
 * @param {number} value
 * @param {{ atMost?: number, atLeast?: number }} target nothing was promised without either
 */
export function bounded(name, unit, value, { atMost, atLeast }) {
  if (atMost === undefined && atLeast === undefined) return reading(name, unit, value);
  const met = (atMost === undefined || value <= atMost) && (atLeast === undefined || value >= atLeast);
  return { ...reading(name, unit, value), target: { ...(atMost && { atMost }), ...(atLeast && { atLeast }) }, met };
}

function round(value) {
  return value === null ? null : Math.round(value * 100) / 100;
}
