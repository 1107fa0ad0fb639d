export type { LineMatch } from './match-request.js';
export { createPatternMatcher, type PatternMatcher } from './pattern-matcher.js';
