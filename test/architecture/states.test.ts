import * as contracts from '@fermata/contracts';
import { canMove, isFinal, type StateTable, statesBefore } from '@fermata/contracts';
import { describe, expect, it } from 'vitest';
import { readText } from './source-tree.js';
import { drawnMoves, movesOf, tableFaults } from './state-rules.js';

/** Every state table that contracts has, so that a new one cannot be forgotten. */
const tables = Object.entries(contracts).flatMap(([name, value]): [string, StateTable<string>][] =>
  name.endsWith('Transitions') ? [[name.replace('Transitions', ''), value as StateTable<string>]] : [],
);

/** The diagram of each table in docs/architecture.md: a second account of the same machine, which people read. */
const headings: Readonly<Record<string, string>> = {
  okrRun: 'OKR run',
  task: 'Task',
  agentRun: 'Agent run',
  step: 'Step',
  changeRequest: 'Change request',
  approval: 'Approval',
  effect: 'Effect',
  reservation: 'Reservation',
};

describe.each(tables)('the states of %s', (name, table) => {
  const states = Object.keys(table);

  it('can all be reached, and all come to an end', () => {
    expect(tableFaults(table)).toEqual([]);
  });

  it('move as docs/architecture.md draws them', () => {
    const drawn = drawnMoves(readText('docs/architecture.md'), headings[name] ?? name);
    expect([...drawn].sort()).toEqual(movesOf(table).sort());
  });

  it('refuse every move that is not drawn', () => {
    const drawn = drawnMoves(readText('docs/architecture.md'), headings[name] ?? name);
    const refused = states.flatMap((from) => states.map((to) => [from, to] as const));
    for (const [from, to] of refused) {
      const legal = drawn.includes(`${from} --> ${to}`);
      expect([from, to, canMove(table, from, to)]).toEqual([from, to, legal]);
      expect([from, to, statesBefore(table, to).includes(from)]).toEqual([from, to, legal]);
    }
  });

  it('are final exactly when nothing is drawn from them', () => {
    const drawn = drawnMoves(readText('docs/architecture.md'), headings[name] ?? name);
    expect(states.filter((state) => isFinal(table, state))).toEqual(
      states.filter((state) => !drawn.some((move) => move.startsWith(`${state} -->`))),
    );
  });
});

describe('the rules can fail', () => {
  it.each<[string, StateTable<string>, string]>([
    ['a state that nothing leads to', { a: ['b'], b: [], c: ['b'] }, 'c cannot be reached'],
    ['a successor that is no state', { a: ['b', 'x'], b: [] }, 'a moves to x, which is no state'],
    ['a move that stays put', { a: ['a', 'b'], b: [] }, 'a moves to itself'],
    ['a circle without an end', { a: ['b', 'c'], b: ['a'], c: [] }, ''],
    ['a trap', { a: ['b', 'd'], b: ['c'], c: ['b'], d: [] }, 'b never ends'],
  ])('on %s', (_, table, fault) => {
    expect(tableFaults(table)).toEqual(fault === '' ? [] : expect.arrayContaining([fault]));
  });

  it('on a diagram that says something else', () => {
    const document =
      '### Thing\n\nText.\n\n```mermaid\nstateDiagram-v2\n  [*] --> a\n  a --> b : why\n```\n\n### Other\n';
    expect(drawnMoves(document, 'Thing')).toEqual(['a --> b']);
    expect(drawnMoves(document, 'Other')).toEqual([]);
  });
});
