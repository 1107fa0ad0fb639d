export type { LastGroup, LineMatch, TextMatches } from './match-request.js';
export { createPatternMatcher, type MatcherOptions, type PatternMatcher } from './pattern-matcher.js';
