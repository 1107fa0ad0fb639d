import type { WaitKind } from '@fermata/contracts';
import type { ActivityName } from './all-activities.fixture.js';
import type { World } from './world.fixture.js';

/** Activities during which their subject is at work, and what its row may say of it then. */
const work: readonly WaitKind[] = ['work'];
const workOrChecks: readonly WaitKind[] = ['work', 'checks'];
const truths: Partial<Record<ActivityName, readonly WaitKind[]>> = {
  // A call that asks the budget again says for itself when it fits.
  callModel: ['work', 'budget'],
  runTool: work,
  acceptResult: work,
  refuseCall: work,
  recordHumanAnswer: work,
  askHuman: work,
  askToContinue: work,
  prepareWorktree: work,
  queueAgentRun: workOrChecks,
  askAboutTask: workOrChecks,
  inspectChange: work,
  mergeTarget: work,
  prepareChangeRequest: work,
  publishChange: work,
  prepareLanding: work,
  completeLanding: work,
  recordMerged: work,
  measureKeyResult: work,
  queuePlanning: work,
  adoptPlan: work,
  releaseWorktree: workOrChecks,
  settleTask: workOrChecks,
};

interface Ids {
  agentRunId?: string;
  changeRequestId?: string;
  taskId?: string;
  okrRunId?: string;
}

/** What is wrong with what the rows say at the moment an activity begins, or null. */
export function lieAbout(world: World, name: ActivityName, input: unknown): string | null {
  const { agentRunId, changeRequestId, taskId, okrRunId, ...rest } = input as Ids & { phase?: string; gate?: string };
  const subject = agentRunId ?? changeRequestId ?? taskId ?? okrRunId;
  if (subject === undefined) return null;
  if (name === 'runGate' && rest.phase === 'work') return unlessSays(world, subject, { name, kinds: ['checks'] });
  const kinds = name === 'runGate' ? work : truths[name];
  if (!kinds) return null;
  const task = world.taskOf(subject);
  return (
    unlessSays(world, subject, { name, kinds }) ??
    (task !== null && task !== subject ? unlessSays(world, task, { name, kinds }) : null)
  );
}

function unlessSays(
  world: World,
  id: string,
  { name, kinds }: { name: string; kinds: readonly WaitKind[] },
): string | null {
  const waiting = world.rows.get(id);
  // A row that nobody has written yet, as in a test of a child alone, says nothing false.
  if (waiting === undefined || kinds.includes(waiting.kind)) return null;
  return `${name} began while ${id} said ${waiting.kind}: ${waiting.detail}`;
}
