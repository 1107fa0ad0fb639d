import { presetFacts } from '@fermata/contracts';
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
      { title: 'VERSION', value: ({ version, isOld }) => `${version ?? '-'}${isOld ? ' (old)' : ''}` },
      { title: 'OWN LOGIN', value: ({ hasLogin }) => (hasLogin ? 'yes' : 'no') },
      { title: 'CAN', value: canWords },
      { title: 'PATH', value: ({ path }) => path ?? '-', flexible: true },
    ],
    { style, width },
  );
  return blocks(table, hintsFor(programs).join('\n'));
}

function canWords({ state, can, usesTerminals }: DetectedProgram): string {
  if (state === 'missing') return '-';
  if (can === null) return 'unknown';
  const abilities = [
    can.loadsSessions && 'sessions',
    can.takesImages && 'images',
    can.takesHttpServers && 'mcp',
    usesTerminals && 'terminals',
  ].filter((ability) => ability !== false);
  return abilities.join(', ') || 'nothing of it';
}

function hintsFor(programs: readonly DetectedProgram[]): string[] {
  const missing = programs.filter(({ state }) => state === 'missing');
  const ours = missing.find(({ preset }) => Object.keys(presetFacts[preset].packages).length > 0);
  const theirs = missing.filter(({ preset }) => Object.keys(presetFacts[preset].packages).length === 0);
  const old = programs.filter(({ isOld }) => isOld);
  const loggedOut = programs.filter(
    ({ state, usesGateway, hasLogin }) => state !== 'missing' && !usesGateway && !hasLogin,
  );
  return [
    ...(ours ? [`Install one: ${calledAs} agent install ${ours.preset}`] : []),
    ...theirs.map(({ preset, title }) => `${title} comes from its makers: ${presetFacts[preset].website}`),
    ...old.map(({ preset, title }) => `${title} is older than what was tried: ${calledAs} agent install ${preset}`),
    ...loggedOut.map(({ preset, title }) => `${title} asks for its login: ${presetFacts[preset].login.command}`),
  ];
}
