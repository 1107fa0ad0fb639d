export { redactionMark, redactionMarksIn } from './redaction-mark.js';
export { createRedactor, type Redactor } from './redactor.js';
export { isNoPlainWord, type KnownSecret } from './secret-forms.js';
