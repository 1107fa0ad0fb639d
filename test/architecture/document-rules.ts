import { dirname, join } from 'node:path';
import type { Source } from './source-tree.js';
import type { Finding } from './syntax.js';

/** What there is, for documents to speak of. */
export interface Surroundings {
  exists(path: string): boolean;
  /** Of package.json. */
  scripts: readonly string[];
  /** Of the command line. */
  verbs: readonly string[];
}

function all(text: string, pattern: RegExp): string[] {
  return [...text.matchAll(pattern)].map(([, found = '']) => found);
}

/** Paths in code spans, from the root of the repository. Patterns and placeholders are left out. */
function namedPaths(text: string): string[] {
  return all(text, /`((?:apps|packages|test|scripts|docs|prisma|deploy)\/[^`\s]*)`/g).filter(
    (path) => !/[<>*…]/.test(path),
  );
}

function linkedPaths({ path, text }: Source): string[] {
  return all(text, /\]\(([^)\s]+)\)/g)
    .filter((target) => !/^([a-z]+:|#)/.test(target))
    .map((target) => join(dirname(path), target.replace(/#.*$/, '')));
}

/** Everything a document names that is not there. */
export function brokenReferences(documents: readonly Source[], around: Surroundings): Finding[] {
  return documents.flatMap((document) => {
    const { path: at, text } = document;
    const paths = [...namedPaths(text), ...linkedPaths(document)].filter((path) => !around.exists(path));
    const scripts = all(text, /npm run ([a-z][a-z0-9:]*)/g).filter((name) => !around.scripts.includes(name));
    const verbs = all(text, /\.\/fermata ([a-z]+)/g).filter((name) => !around.verbs.includes(name));
    return [
      ...paths.map((path) => ({ at, what: `${path} is not there` })),
      ...scripts.map((name) => ({ at, what: `npm run ${name} is no script` })),
      ...verbs.map((name) => ({ at, what: `fermata ${name} is no verb` })),
    ];
  });
}

const parts = ['Context', 'Options', 'Decision', 'Consequences'];

/** Decisions are numbered without gaps, and each says its context, options, decision and consequences, in this order. */
export function malformedDecisions(decisions: readonly Source[]): Finding[] {
  return decisions.flatMap(({ path: at, text }, place) => {
    const number = String(place + 1).padStart(4, '0');
    const headings = all(text, /^## (.+)$/gm);
    return [
      ...(at.includes(`/${number}-`) && text.startsWith(`# ${number} `) ? [] : [{ at, what: `should be ${number}` }]),
      ...(headings.join() === parts.join() ? [] : [{ at, what: `has the parts ${headings.join(', ')}` }]),
    ];
  });
}
