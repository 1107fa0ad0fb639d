/** What the matching thread is asked. Flags are those of a JavaScript regular expression. */
export type MatchRequest =
  /** Which lines of each text match. Line numbers start at 1, columns at 0; at most `maxPerText` are returned. */
  | { kind: 'lines'; texts: readonly string[]; maxPerText: number }
  /** The first capture group of the last match. */
  | { kind: 'last_group'; text: string };

export interface LineMatch {
  line: number;
  column: number;
}

export interface TextMatches {
  /** All of them, also those not in `matches`. */
  count: number;
  matches: LineMatch[];
}

/** `noGroup`: the pattern has no capture group, or it took no part in the last match. */
export type LastGroup = { found: string } | { found: null; reason: 'no_match' | 'no_group' };

export interface MatchPattern {
  source: string;
  flags: string;
}
