import { calledAs } from '../called-as.js';
import type { DetectedProgram } from '../examining/programs.js';
import { blocks, type Page } from './page.js';
import { renderTable } from './table.js';

const words = { installed: 'installed', on_path: 'on PATH', missing: 'not here' } as const;

export function renderPrograms(programs: readonly DetectedProgram[], { style, width }: Page): string {
  const table = renderTable(
    programs,
    [
      { title: 'PRESET', value: ({ preset }) => preset },
      { title: 'PROGRAM', value: ({ title }) => title },
      { title: 'STATE', value: ({ state }) => words[state] },
      { title: 'VERSION', value: ({ version }) => version ?? '-' },
      { title: 'OWN LOGIN', value: ({ hasLogin }) => (hasLogin ? 'yes' : 'no') },
      { title: 'PATH', value: ({ path }) => path ?? '-', flexible: true },
    ],
    { style, width },
  );
  const missing = programs.find(({ state }) => state === 'missing');
  return missing === undefined ? table : blocks(table, `Install one: ${calledAs} agent install ${missing.preset}`);
}
