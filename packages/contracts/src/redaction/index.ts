export { redactionMark, redactionMarksIn } from './redaction-mark.js';
export { createRedactor, type Redactor } from './redactor.js';
export { type KnownSecret } from './secret-forms.js';
export { shortestSecretPart } from './shortest-part.js';
export { firstWords, lastWords, wholeWordsFromStart, wholeWordsToEnd } from './whole-words.js';
