import type { WaitKind } from '@fermata/contracts';
import type { ActivityName } from './all-activities.fixture.js';
import type { World } from './world.fixture.js';

/** Activities during which their subject is at work, and what its row may say of it then. */
const work: readonly WaitKind[] = ['work'];
const workOrChecks: readonly WaitKind[] = ['work', 'checks'];
const truths: Partial<Record<ActivityName, readonly WaitKind[]>> = {
  // A call that asks the budget again says for itself when it fits.
  callModel: ['work', 'budget'],
  runQuickTool: work,
  runTool: work,
  // What it waits for meanwhile it says for itself.
  runSegment: ['work', 'budget', 'human'],
  acceptResult: work,
  refuseCall: work,
  recordHumanAnswer: work,
  askHuman: work,
  askToContinue: work,
  spawnTask: work,
  recordSubtask: work,
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
  phase?: string;
}

/** What is wrong with what the rows say at the moment an activity begins, or null. */
export function lieAbout(world: World, name: ActivityName, input: unknown): string | null {
  const ids = input as Ids;
  const subject = ids.agentRunId ?? ids.changeRequestId ?? ids.taskId ?? ids.okrRunId;
  const kinds = name === 'runGate' ? gateTruth(ids) : truths[name];
  if (subject === undefined || !kinds) return null;
  const task = world.taskOf(subject) ?? subject;
  return unlessSays(world, subject, { name, kinds }) ?? unlessSays(world, task, { name, kinds });
}

/** A gate on a task's worktree is what the task waits for; one on a commit about to land is the change request's work. */
function gateTruth({ phase }: Ids): readonly WaitKind[] {
  return phase === 'work' ? ['checks'] : work;
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
