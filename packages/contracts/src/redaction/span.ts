/** A part of a text that gives way to a mark. */
export interface Span {
  start: number;
  end: number;
  name: string;
}

/** In order, those that overlap made one, without those within `kept`. */
export function mergeSpans(spans: readonly Span[], kept: readonly (readonly [number, number])[]): Span[] {
  const merged: Span[] = [];
  const sorted = [...spans].sort((one, other) => one.start - other.start || other.end - one.end);
  for (const span of sorted) {
    const last = merged.at(-1);
    if (last && span.start < last.end) last.end = Math.max(last.end, span.end);
    else if (!kept.some(([start, end]) => start <= span.start && span.end <= end)) merged.push({ ...span });
  }
  return merged;
}
