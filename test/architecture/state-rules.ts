import type { StateTable } from '@fermata/contracts';

/** A state machine's moves as `from --> to`. */
export function movesOf(table: StateTable<string>): string[] {
  return Object.entries(table).flatMap(([from, successors]) => successors.map((to) => `${from} --> ${to}`));
}

/** The states that can be reached from `start`, itself included. */
export function reachableFrom(table: StateTable<string>, start: string): Set<string> {
  const reached = new Set([start]);
  for (const state of reached) for (const next of table[state] ?? []) reached.add(next);
  return reached;
}

/**
 * What is wrong with a table, the first state being where every row begins: successors that are no states, states that
 * cannot be reached, moves that stay put, and states from which no final state can be reached.
 */
export function tableFaults(table: StateTable<string>): string[] {
  const states = Object.keys(table);
  const reached = reachableFrom(table, states[0] ?? '');
  const ends = (state: string): boolean => [...reachableFrom(table, state)].some((end) => table[end]?.length === 0);
  return states.flatMap((state) => [
    ...(reached.has(state) ? [] : [`${state} cannot be reached`]),
    ...(ends(state) ? [] : [`${state} never ends`]),
    ...(table[state] ?? []).flatMap((next) => {
      if (next === state) return [`${state} moves to itself`];
      return states.includes(next) ? [] : [`${state} moves to ${next}, which is no state`];
    }),
  ]);
}

/** The `a --> b` lines of the mermaid state diagram below a heading of a document; `[*]` is left out. */
export function drawnMoves(document: string, heading: string): string[] {
  const after = document.split(`### ${heading}\n`)[1] ?? '';
  const diagram = /^[^#]*?```mermaid\nstateDiagram-v2\n([\s\S]*?)```/.exec(after)?.[1] ?? '';
  return diagram
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line.includes('-->') && !line.includes('[*]'))
    .map((line) => line.replace(/ : .*$/, ''));
}
