import { colour, colourCode } from './colour.js';
import type { Span } from './span.js';

interface Shape {
  name: string;
  pattern: string;
  /** Longer words and base64 texts may have the same within them: nothing of a word may stand before it. */
  alone?: true;
}

/**
 * What the tokens of well-known services look like, as their makers document it, so that secret scanners find them. Each
 * pattern begins with a fixed text: that is what makes looking for all of them quick.
 */
const shapes: readonly Shape[] = [
  { name: 'AWS access key', pattern: '(?:AKIA|ASIA)[A-Z0-9]{16}(?![A-Za-z0-9+/=])', alone: true },
  { name: 'GitHub token', pattern: 'gh[pousr]_[A-Za-z0-9]{36,255}|github_pat_[A-Za-z0-9_]{22,255}' },
  { name: 'GitLab token', pattern: 'glpat-[A-Za-z0-9_.-]{20,300}' },
  { name: 'Slack token', pattern: 'xox[abeoprs]-[A-Za-z0-9-]{10,300}|xapp-[0-9]-[A-Za-z0-9-]{10,300}' },
  { name: 'Stripe key', pattern: '[rs]k_live_[A-Za-z0-9]{16,300}' },
  { name: 'Anthropic key', pattern: 'sk-ant-[A-Za-z0-9_-]{16,300}' },
  // Class names of style sheets begin alike: a key has a digit and a capital.
  {
    name: 'OpenAI key',
    pattern: 'sk-(?=[A-Za-z0-9_-]{0,24}[0-9])(?=[A-Za-z0-9_-]{0,24}[A-Z])[A-Za-z0-9_-]{20,300}',
    alone: true,
  },
  { name: 'Google key', pattern: 'AIza[A-Za-z0-9_-]{35}(?![A-Za-z0-9_-])', alone: true },
  { name: 'npm token', pattern: 'npm_[A-Za-z0-9]{36}(?![A-Za-z0-9])' },
  { name: 'gateway token', pattern: 'fgw_[A-Za-z0-9_-]{43}' },
  { name: 'Fermata token', pattern: 'fermata_[A-Za-z0-9_-]{43}(?![A-Za-z0-9_-])' },
];

const names = { begun: 'part of a token', webToken: 'JSON web token', login: 'login', privateKey: 'private key' };

/** What the marks of tokens say. */
export const tokenNames: readonly string[] = [...shapes.map(({ name }) => name), ...Object.values(names)];

/** Of one of the above, whose end was cut off. */
const begun =
  /(?:AKIA|ASIA|gh[pousr]_|github_pat_|glpat-|xox[abeoprs]-|[rs]k_live_|sk-ant-|sk-proj-|AIza|eyJ|fgw_)[A-Za-z0-9_.-]{6,}$/;

const tokens = new RegExp(shapes.map(({ pattern }) => `(${pattern})`).join('|'), 'g');
const partOfToken = /[A-Za-z0-9_/+-]/;
/** The end of an escape, such as `\n` in JSON, `%3D` in a URL or a colour of a terminal. */
const escapeBefore = new RegExp(
  `(?:(?:^|[^\\\\])(?:\\\\\\\\)*\\\\(?:[abfnrtv]|u[0-9a-fA-F]{4}|u001[bB]${colourCode})|${colour}|%[0-9A-Fa-f]{2})$`,
);

/** From the second part of a JSON web token on: a text that has the beginning of one again and again is read but once. */
const webTokenRest = /\.eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}/g;
const longestHead = 1_000;

/** `user:password` of a URL. What begins with `$`, `{` or `<` stands for a password and is none. */
const login = /:\/\/([^\s/?#@:"'`<>\\|]{0,128}:[^\s/?#@"'`<>\\${][^\s/?#@"'`<>\\]{0,255})@(?=[A-Za-z0-9_[.-])/g;

/** Of the body of a key, also where each of its lines is quoted, or taken out by a patch. */
const keyBody = `(?:[A-Za-z0-9+/=\\s\\\\:,"'|#*]|(?<=\\n|\\\\n|${colour})[->;%](?!----)|${colour})`;
/** Words of prose and code have no digits; where something of a key is, its lines have. */
const keyRun = '(?=[A-Za-z+/]{0,63}\\d)[A-Za-z0-9+/]{16}';
/** Keys of 16,384 bits have 13,000 characters. */
const longestKey = 40_000;
/** With its end, or as far as there is something of it. The header alone, as code has it that reads keys, is none. */
const privateKey = new RegExp(
  `-----BEGIN (?:[A-Z0-9]+ ){0,3}PRIVATE KEY(?: BLOCK)?-----(?=${keyBody}{0,400}?${keyRun}[A-Za-z0-9+/]{4})` +
    `(?:${keyBody}|-(?!----)){0,${longestKey}}(?:-----END (?:[A-Z0-9]+ ){0,3}PRIVATE KEY(?: BLOCK)?-----)?`,
  'g',
);

const hasKeyRun = new RegExp(keyRun);
/** A line of a key, or what stands before its end. */
const keyLine = new RegExp(`^(?:${colour})?[-+>;%#/*\\s\\d]{0,20}[A-Za-z0-9+/=]{0,100}[\\s>;%+-]{0,3}$`);

/** The places of what looks like a token, whoever it belongs to. */
export function findTokens(text: string): Span[] {
  return [...tokenSpans(text), ...webTokenSpans(text), ...loginSpans(text), ...keySpans(text)];
}

/** A token at the end of a short text that was cut there. */
export function findBegunToken(text: string): Span[] {
  const match = begun.exec(text);
  return match ? [{ start: match.index, end: text.length, name: names.begun }] : [];
}

function tokenSpans(text: string): Span[] {
  const spans: Span[] = [];
  for (const match of text.matchAll(tokens)) {
    const { 0: found, index: start } = match;
    const shape = shapes[match.slice(1).findIndex((group) => group !== undefined)];
    const isBehindAnother = spans.at(-1)?.end === start;
    if (shape === undefined || (shape.alone && !isBehindAnother && standsWithin(text, start))) continue;
    spans.push({ start, end: start + found.length, name: shape.name });
  }
  return spans;
}

/** The letter of an escape, as in `\nsk-…`, is no part of what follows. */
function standsWithin(text: string, start: number): boolean {
  if (start === 0 || !partOfToken.test(text.charAt(start - 1))) return false;
  if (isEscapedBefore(text, start)) return false;
  // A path, or a line that a patch adds.
  return !/[/+]/.test(text.charAt(start - 1)) || isPartOfWord(text, start - 1);
}

function isPartOfWord(text: string, start: number): boolean {
  return start > 0 && /[A-Za-z0-9]/.test(text.charAt(start - 1)) && !isEscapedBefore(text, start);
}

const isEscapedBefore = (text: string, start: number): boolean =>
  escapeBefore.test(text.slice(Math.max(0, start - 16), start));

function webTokenSpans(text: string): Span[] {
  if (!text.includes('.eyJ')) return [];
  return [...text.matchAll(webTokenRest)].flatMap(({ index, 0: rest }) => {
    const head = partBefore(text, index);
    const start = index - head.length + head.indexOf('eyJ');
    if (head.indexOf('eyJ') === -1 || standsWithin(text, start)) return [];
    return [{ start, end: index + rest.length, name: names.webToken }];
  });
}

/** The characters of base64url that stand before a place. */
function partBefore(text: string, end: number): string {
  let start = end;
  while (start > 0 && end - start < longestHead && /[A-Za-z0-9_-]/.test(text.charAt(start - 1))) start--;
  return text.slice(start, end);
}

function loginSpans(text: string): Span[] {
  if (!text.includes('://')) return [];
  return [...text.matchAll(login)].flatMap(({ 1: found = '', index }) => {
    const start = index + '://'.length;
    return isExample(found) ? [] : [{ start, end: start + found.length, name: names.login }];
  });
}

/** `postgres:postgres`, as code and its tests have it: what somebody has to remember is no generated password. */
function isExample(found: string): boolean {
  const password = found.slice(found.indexOf(':') + 1);
  return password.length < 12 || !/\d/.test(password) || !/[A-Za-z]/.test(password);
}

function keySpans(text: string): Span[] {
  if (!text.includes('PRIVATE KEY')) return [];
  const whole = [...text.matchAll(privateKey)].map(({ 0: found, index: start }) => {
    return { start, end: start + found.replace(/[\s\\:,"'|#*]+$/, '').length, name: names.privateKey };
  });
  return [...whole, ...endedKeys(text)];
}

/** The rest of a key whose beginning was cut off: the lines of base64 above its end. */
function endedKeys(text: string): Span[] {
  return [...text.matchAll(/-----END (?:[A-Z0-9]+ ){0,3}PRIVATE KEY(?: BLOCK)?-----/g)].flatMap(
    ({ index, 0: found }) => {
      let start = index;
      while (start > 0) {
        // A longer line is none of a key.
        const near = text.slice(Math.max(0, start - 200), start);
        const newline = near.length < 2 ? -1 : near.lastIndexOf('\n', near.length - 2);
        const lineStart = start - near.length + newline + 1;
        if (!keyLine.test(text.slice(lineStart, start))) break;
        start = lineStart;
      }
      return hasKeyRun.test(text.slice(start, index))
        ? [{ start, end: index + found.length, name: names.privateKey }]
        : [];
    },
  );
}
