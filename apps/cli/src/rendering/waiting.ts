import { type IdPrefix, idPrefix, type WaitKind } from '@fermata/contracts';
import type { ResultOf } from 'gql.tada';
import type { waitingFields } from '../graphql/fragments.js';
import { wrap } from './clip.js';
import { formatAgo } from './time.js';
import { calledAs } from '../called-as.js';

type Asked = ResultOf<typeof waitingFields>;

/** Not every list asks until when. */
export type Waiting = Omit<Asked, 'until'> & Partial<Pick<Asked, 'until'>>;

const kindWords: Readonly<Record<WaitKind, string>> = {
  work: 'at work',
  human: 'a person',
  budget: 'money',
  slot: 'a free slot',
  dependency: 'another task',
  rate_limit: 'a rate limit',
  checks: 'checks',
  schedule: 'its time',
  retry: 'another try',
  worker: 'a worker',
};

/** Nothing is released at the item itself. */
const elsewhere: readonly WaitKind[] = ['dependency', 'worker'];

/** What an item waits for, in two or three words. */
export function waitKindWords(kind: WaitKind): string {
  return kindWords[kind];
}

/** The item that waits. */
export interface Waiter {
  id: string;
  state: string;
  /** Its run, or itself when it is one. */
  okrRunId: string;
}

/** The command that releases it, when a person can. */
export function releaseCommand({ kind, subjectId }: Waiting, waiter: Waiter): string | null {
  if (waiter.state === 'paused') return `${calledAs} resume ${waiter.id}`;
  switch (kind) {
    case 'human':
      return `${calledAs} approve ${isOf('apr', subjectId) ? subjectId : waiter.id}`;
    case 'budget':
      // Whose limit is in the way the budget knows: the workspace, the agent, the run or the task.
      return `${calledAs} budget set ${isOf('bud', subjectId) ? subjectId : waiter.okrRunId} AMOUNT`;
    case 'dependency':
      return `${calledAs} why ${subjectId ?? waiter.id}`;
    case 'worker':
      return `${calledAs} status`;
    default:
      return null;
  }
}

function isOf(prefix: IdPrefix, id: string | null): id is string {
  return id !== null && idPrefix(id) === prefix;
}

/** Only tasks and whole runs are cancelled. */
function cancellable({ id, okrRunId }: Waiter): string {
  return idPrefix(id) === 'task' ? id : okrRunId;
}

/** A run that waits for another run waits for its subtask; who can release that one, that one says. */
const isForSubtask = ({ kind, subjectId }: Waiting): boolean => kind === 'dependency' && isOf('run', subjectId);

/** Since when, who can release it and how, after what it waits for: one indented paragraph. */
export function describeWaiting(
  waiting: Waiting,
  waiter: Waiter,
  { now, width }: { now: Date; width: number },
): string {
  const { kind, detail, since, releasableBy } = waiting;
  const forSubtask = isForSubtask(waiting);
  const lead = kind === 'work' ? 'at work' : `waits for ${forSubtask ? 'its subtask' : kindWords[kind]}`;
  const command = releaseCommand(waiting, waiter);
  const lines = [wrap(`${lead}, since ${formatAgo(since, now)}: ${detail}`, width, '  ')];
  const who = releasableBy.filter((party) => party !== 'fermata');
  if (who.length > 0) lines.push(`  can be released by: ${who.join(', ')}`);
  else if (kind !== 'work' && !forSubtask) lines.push('  goes on by itself');
  if (kind === 'retry' && who.includes('operator'))
    lines.push(`  give it up: ${calledAs} cancel ${cancellable(waiter)}`);
  if (command !== null) lines.push(`  ${elsewhere.includes(kind) ? 'look there' : 'release it'}: ${command}`);
  return lines.join('\n');
}
