// The body of the matching thread. It imports nothing of ours, so that it also runs as TypeScript (types stripped) in tests.
import { parentPort, workerData } from 'node:worker_threads';
import type { LastGroup, MatchPattern, MatchRequest, TextMatches } from './match-request.js';

const { source, flags } = workerData as MatchPattern;

function linesOf(text: string, maxPerText: number): TextMatches {
  const expression = new RegExp(source, flags.replace('g', ''));
  const found: TextMatches = { count: 0, matches: [] };
  text.split('\n').forEach((raw, index) => {
    const match = expression.exec(raw.endsWith('\r') ? raw.slice(0, -1) : raw);
    if (match === null) return;
    found.count++;
    if (found.matches.length < maxPerText) found.matches.push({ line: index + 1, column: match.index });
  });
  return found;
}

function lastGroup(text: string): LastGroup {
  let last: RegExpExecArray | null = null;
  for (const match of text.matchAll(new RegExp(source, `${flags.replace('g', '')}g`))) last = match;
  if (last === null) return { found: null, reason: 'no_match' };
  const group = last[1];
  return group === undefined ? { found: null, reason: 'no_group' } : { found: group };
}

function answer(request: MatchRequest): TextMatches[] | LastGroup {
  return request.kind === 'lines'
    ? request.texts.map((text) => linesOf(text, request.maxPerText))
    : lastGroup(request.text);
}

parentPort?.on('message', (request: MatchRequest) => parentPort?.postMessage(answer(request)));
