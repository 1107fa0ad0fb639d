/** A part of a text that gives way to a mark. */
export interface Span {
  start: number;
  end: number;
  name: string;
}

/** In order, those that overlap made one, without those within `kept`, which are in order and apart. */
export function mergeSpans(spans: readonly Span[], kept: readonly (readonly [number, number])[]): Span[] {
  const merged: Span[] = [];
  const sorted = [...spans].sort((one, other) => one.start - other.start || other.end - one.end);
  let at = 0;
  for (const span of sorted) {
    while ((kept[at + 1]?.[0] ?? Infinity) <= span.start) at += 1;
    const [start, end] = kept[at] ?? [Infinity, Infinity];
    const last = merged.at(-1);
    if (last && span.start < last.end) last.end = Math.max(last.end, span.end);
    else if (span.start < start || end < span.end) merged.push({ ...span });
  }
  return merged;
}
