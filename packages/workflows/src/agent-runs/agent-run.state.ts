import type { PlannedCall, ToolTurn } from '@fermata/contracts';

/** Identical calls in a row after which a run is stopped and a person is asked. */
export const maxIdenticalCalls = 4;
/** Turns in a row without any tool call after which a run is stopped and a person is asked. */
export const maxSilentTurns = 3;
/** Times that the same error comes in a row, or a file comes to the same content, after which a person is asked. */
export const maxSameOutcomes = 3;
/** Of a run's latest changes of files: how many contents are remembered. */
const rememberedContents = 50;
/** Results of `finish` that may be refused: one round of repair, then the run has failed. */
export const maxRefusedResults = 2;

/** What a loop remembers over its turns, and over continue-as-new. */
export interface LoopMemory {
  stepLimit: number;
  lastFingerprint: string | null;
  identicalCalls: number;
  silentTurns: number;
  refusedResults: number;
  /** Absent in what a run remembers that was begun before these were counted. */
  progress?: Progress;
  /** Time at work since a person last let it go on, waits not counted, up to the last continue-as-new. */
  workedMs?: number;
}

/** What tells going in circles from work. */
interface Progress {
  lastError: string | null;
  sameErrors: number;
  /** How often files came to each content, the latest last. */
  contents: readonly (readonly [fingerprint: string, times: number])[];
}

const noProgress: Progress = { lastError: null, sameErrors: 0, contents: [] };

export function newMemory(stepLimit: number): LoopMemory {
  return {
    stepLimit,
    lastFingerprint: null,
    identicalCalls: 0,
    silentTurns: 0,
    refusedResults: 0,
    progress: noProgress,
    workedMs: 0,
  };
}

/** Counts a turn's calls: the same call with the same arguments again and again is a loop, not work. */
export function rememberCalls(memory: LoopMemory, calls: readonly PlannedCall[]): void {
  memory.silentTurns = calls.length === 0 ? memory.silentTurns + 1 : 0;
  for (const { fingerprint } of calls) {
    memory.identicalCalls = fingerprint === memory.lastFingerprint ? memory.identicalCalls + 1 : 1;
    memory.lastFingerprint = fingerprint;
  }
}

/** Notices errors that come again and again, and files that are brought to what they were before. */
export function rememberOutcome(memory: LoopMemory, turn: ToolTurn): void {
  if (turn.state === 'asked' || turn.fingerprint === undefined) return;
  const { fingerprint } = turn;
  const known = memory.progress ?? noProgress;
  if (turn.state === 'failed') {
    const sameErrors = fingerprint === known.lastError ? known.sameErrors + 1 : 1;
    memory.progress = { ...known, lastError: fingerprint, sameErrors };
    return;
  }
  const times = known.contents.find(([content]) => content === fingerprint)?.[1] ?? 0;
  const others = known.contents.filter(([content]) => content !== fingerprint);
  memory.progress = { ...known, contents: [...others, [fingerprint, times + 1] as const].slice(-rememberedContents) };
}

function circleReason({ sameErrors, contents }: Progress): string | null {
  if (sameErrors >= maxSameOutcomes) return `It has run into the same error ${sameErrors} times in a row.`;
  const times = contents.at(-1)?.[1] ?? 0;
  return times >= maxSameOutcomes ? `It has brought a file to the same content ${times} times.` : null;
}

export function workedTooLong(workedMs: number): string {
  return `It has worked for ${Math.round(workedMs / 60_000)} minutes, the longest it may without asking.`;
}

export interface Taken {
  steps: number;
  /** At work, waits not counted. */
  workedMs: number;
  /** Absent for runs that were begun when there was none. */
  maxWorkMs?: number;
}

/** Why the run must not go on by itself, or null. */
export function guardReason(memory: LoopMemory, { steps: stepsTaken, workedMs, maxWorkMs }: Taken): string | null {
  if (stepsTaken >= memory.stepLimit) return `It has taken ${stepsTaken} steps, the most it may take without asking.`;
  if (maxWorkMs !== undefined && workedMs >= maxWorkMs) return workedTooLong(workedMs);
  if (memory.identicalCalls >= maxIdenticalCalls)
    return `It has made the same tool call ${memory.identicalCalls} times in a row.`;
  if (memory.silentTurns >= maxSilentTurns)
    return `It has answered ${memory.silentTurns} times without using a tool or finishing.`;
  return circleReason(memory.progress ?? noProgress);
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
