import type { Finding } from '../examining/finding.js';
import { wrap } from './clip.js';
import { lines, type Page } from './page.js';
import { paintState, stateMark } from './state.js';

export function renderFindings(findings: readonly Finding[], { style, width }: Page): string {
  const room = Math.max(...findings.map(({ name }) => name.length));
  return findings
    .map(({ name, state, detail, hint }) =>
      lines(
        `${stateMark(state, style)} ${paintState(state.padEnd(4), state, style)}  ${name.padEnd(room)}  ${detail}`,
        hint !== undefined && wrap(hint, width, '        '),
      ),
    )
    .join('\n');
}
