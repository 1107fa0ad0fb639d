import type { PlannedCall } from '@fermata/contracts';

/** Identical calls in a row after which a run is stopped and a person is asked. */
export const maxIdenticalCalls = 4;
/** Turns in a row without any tool call after which a run is stopped and a person is asked. */
export const maxSilentTurns = 3;
/** Results of `finish` that may be refused: one round of repair, then the run has failed. */
export const maxRefusedResults = 2;

/** What a loop remembers over its turns, and over continue-as-new. */
export interface LoopMemory {
  stepLimit: number;
  lastFingerprint: string | null;
  identicalCalls: number;
  silentTurns: number;
  refusedResults: number;
}

export function newMemory(stepLimit: number): LoopMemory {
  return { stepLimit, lastFingerprint: null, identicalCalls: 0, silentTurns: 0, refusedResults: 0 };
}

/** Counts a turn's calls: the same call with the same arguments again and again is a loop, not work. */
export function rememberCalls(memory: LoopMemory, calls: readonly PlannedCall[]): void {
  memory.silentTurns = calls.length === 0 ? memory.silentTurns + 1 : 0;
  for (const { fingerprint } of calls) {
    memory.identicalCalls = fingerprint === memory.lastFingerprint ? memory.identicalCalls + 1 : 1;
    memory.lastFingerprint = fingerprint;
  }
}

/** Why the run must not go on by itself, or null. */
export function guardReason(memory: LoopMemory, stepsTaken: number): string | null {
  if (stepsTaken >= memory.stepLimit) return `It has taken ${stepsTaken} steps, the most it may take without asking.`;
  if (memory.identicalCalls >= maxIdenticalCalls)
    return `It has made the same tool call ${memory.identicalCalls} times in a row.`;
  if (memory.silentTurns >= maxSilentTurns)
    return `It has answered ${memory.silentTurns} times without using a tool or finishing.`;
  return null;
}

/** A person let it go on: as many steps again, and a clean slate. */
export function allowMore(memory: LoopMemory, stepsTaken: number, maxSteps: number): void {
  Object.assign(memory, newMemory(stepsTaken + maxSteps));
}

/** Calls that may run side by side: a run of idempotent ones. Everything else runs alone, in the model's order. */
export function batchesOf(calls: readonly PlannedCall[]): PlannedCall[][] {
  const batches: PlannedCall[][] = [];
  for (const call of calls) {
    const last = batches.at(-1);
    if (last && isSideBySide(call) && last.every(isSideBySide)) last.push(call);
    else batches.push([call]);
  }
  return batches;
}

const readers = new Set(['read', 'list', 'glob', 'grep']);

function isSideBySide(call: PlannedCall): boolean {
  return call.toolClass === 'idempotent' && readers.has(call.name);
}
