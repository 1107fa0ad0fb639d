import type { AgentRunId, AgentRunKind, ApprovalOutcome, PlanDecision, TaskId } from '@fermata/contracts';
import type { AllActivities } from './all-activities.fixture.js';
import { atWork } from './wait-rows.fixture.js';
import type { World } from './world.fixture.js';

type OkrFakes = Pick<
  AllActivities,
  | 'loadOkrRun'
  | 'queuePlanning'
  | 'adoptPlan'
  | 'settlePlanApproval'
  | 'listPlannedWork'
  | 'moveOkrRun'
  | 'skipTask'
  | 'measureKeyResult'
  | 'recordMeasurementAnswer'
  | 'concludeOkrRun'
  | 'concludeCancelled'
>;
type TaskFakes = Pick<
  AllActivities,
  | 'beginTask'
  | 'queueAgentRun'
  | 'moveTask'
  | 'recordReview'
  | 'askAboutTask'
  | 'settleTask'
  | 'prepareChangeRequest'
  | 'prepareWorktree'
  | 'runGate'
  | 'inspectChange'
  | 'mergeTarget'
  | 'releaseWorktree'
>;
type AgentFakes = Pick<
  AllActivities,
  | 'beginAgentRun'
  | 'callModel'
  | 'addNote'
  | 'refuseCall'
  | 'acceptResult'
  | 'askHuman'
  | 'recordHumanAnswer'
  | 'spawnTask'
  | 'recordSubtask'
  | 'askToContinue'
  | 'endAgentRun'
  | 'listMcpTools'
  | 'runQuickTool'
  | 'runTool'
  | 'runSegment'
>;
type OtherFakes = Omit<AllActivities, keyof OkrFakes | keyof TaskFakes | keyof AgentFakes>;

/** Everything goes well at once; a test changes what it is about. */
export function defaultFakes(world: World): AllActivities {
  return { ...okrFakes(world), ...taskFakes(world), ...agentFakes(world), ...otherFakes(world) };
}

function closed(world: World, approvalId: string, timedOut: boolean): string {
  const approval = world.approvals.get(approvalId);
  if (!approval) throw new Error(`nobody asked ${approvalId}`);
  if (timedOut && approval.state === 'pending') approval.state = 'expired';
  return approval.state;
}

/** As the database has it: nothing it depends on, however far back, has ended without being done. */
function mayYetRun(world: World, id: TaskId): boolean {
  const task = world.plan.tasks.find(({ taskId }) => taskId === id);
  if (!task || ['failed', 'partial_done', 'cancelled'].includes(task.state)) return false;
  return task.dependsOn.every((before) => mayYetRun(world, before));
}

function okrFakes(world: World): OkrFakes {
  const { okrRunId } = world;
  return {
    loadOkrRun: async () => ({
      workspaceId: 'wsp_test',
      repositoryId: 'repo_test',
      maxParallelTasks: world.maxParallelTasks,
      state: 'drafting',
      ended: false,
    }),
    queuePlanning: async () => ({ agentRunId: world.agentRunId('plan') }),
    adoptPlan: async () => {
      const approvalId = world.openApproval('plan');
      world.okrState = 'awaiting_approval';
      const waiting = { kind: 'human', detail: 'The plan awaits approval.', releasableBy: ['approver'] } as const;
      world.rows.record({ type: 'okr_run', id: okrRunId }, { ...waiting, subjectId: approvalId });
      return { approvalId, expiresInMs: world.expiresInMs };
    },
    settlePlanApproval: async ({ approvalId, timedOut }): Promise<PlanDecision> => {
      const state = closed(world, approvalId, timedOut);
      if (state === 'pending' || state === 'void') {
        const question = state === 'void' ? world.openApproval('replan') : approvalId;
        return { outcome: 'asked_again', question: { approvalId: question, expiresInMs: world.expiresInMs } };
      }
      world.okrState = state === 'approved' ? 'running' : 'denied';
      world.rows.runWorksOnTasks = state === 'approved';
      world.rows.record({ type: 'okr_run', id: okrRunId }, atWork('Working on the tasks.'));
      if (state === 'approved') return { outcome: 'approved' };
      return state === 'denied' ? { outcome: 'denied', reason: null } : { outcome: 'expired' };
    },
    listPlannedWork: async () => structuredClone(world.plan),
    moveOkrRun: async ({ to }) => {
      if (to === 'measuring' && world.plan.tasks.some(({ state }) => state === 'todo')) return { moved: false };
      world.okrState = to;
      world.rows.runWorksOnTasks = to === 'running';
      world.rows.record({ type: 'okr_run', id: okrRunId }, atWork());
      return { moved: true };
    },
    skipTask: async ({ taskId }) => void (mayYetRun(world, taskId) || world.moveTask(taskId, 'failed')),
    measureKeyResult: async ({ keyResultId, phase }) => {
      const kind = world.plan.keyResults.find((one) => one.keyResultId === keyResultId)?.kind;
      if (kind !== 'manual') return { outcome: 'measured' };
      const approvalId = world.openApproval(`measure${keyResultId.split('-')[1] ?? ''}-${phase}`);
      const waiting = { kind: 'human', detail: 'Somebody has to say.', releasableBy: ['approver'] } as const;
      world.rows.record({ type: 'okr_run', id: okrRunId }, { ...waiting, subjectId: approvalId });
      return { outcome: 'asked', approvalId, expiresInMs: world.expiresInMs };
    },
    recordMeasurementAnswer: async ({ approvalId, timedOut }) => {
      const state = closed(world, approvalId, timedOut);
      world.rows.record({ type: 'okr_run', id: okrRunId }, atWork('Going on.'));
      if (state === 'approved') return { outcome: 'measured' };
      return { outcome: 'failed', failure: { code: 'measure_failed', message: `It is ${state}.` } };
    },
    concludeOkrRun: async () => {
      const state = world.plan.tasks.every((task) => task.state === 'done') ? 'completed' : 'failed';
      world.okrState = state;
      world.rows.remove(okrRunId);
      return { state };
    },
    concludeCancelled: async () => {
      world.okrState = 'cancelled';
      world.rows.remove(okrRunId);
    },
  };
}

function taskFakes(world: World): TaskFakes {
  const nameOf = (id: string): string => id.split('-')[1] ?? '';
  return {
    beginTask: async ({ taskId }) => {
      world.moveTask(taskId, 'doing');
      world.rows.record({ type: 'task', id: taskId }, atWork('Preparing the worktree.'));
      const { hostQueue, gates, maxRepairRounds, maxReviewRounds } = world;
      const ids = { workspaceId: 'wsp_test', okrRunId: world.okrRunId, repositoryId: 'repo_test' } as const;
      return { ...ids, hostQueue, gates, maxRepairRounds, maxReviewRounds };
    },
    queueAgentRun: async ({ taskId, kind, round, attempt }) => ({
      agentRunId: world.agentRunId(`${nameOf(taskId)}-${kind}-${round}${attempt > 1 ? `-${attempt}` : ''}`),
    }),
    moveTask: async ({ taskId, to }) => {
      if (world.moveTask(taskId, to)) world.rows.record({ type: 'task', id: taskId }, atWork());
    },
    recordReview: async () => ({ verdict: 'approve', findings: 0 }),
    askAboutTask: async ({ taskId, reason, round }) => ({
      approvalId: world.openApproval(`${nameOf(taskId)}-${reason}${round}`),
      expiresInMs: world.expiresInMs,
    }),
    settleTask: async ({ taskId, state, failure }) => {
      world.moveTask(taskId, state);
      world.rows.remove(taskId);
      return { state, failure };
    },
    prepareChangeRequest: async ({ taskId }) => ({ changeRequestId: world.changeRequestId(nameOf(taskId)) }),
    prepareWorktree: async () => ({ baseCommit: 'base' }),
    runGate: async ({ gate }) => ({ name: gate, state: 'passed', exitCode: 0, durationMs: 1, tail: '' }),
    inspectChange: async () => ({ empty: false, headCommit: 'head' }),
    mergeTarget: async () => ({ conflictingFiles: [] }),
    releaseWorktree: async () => ({ changed: world.changed }),
  };
}

function agentFakes(world: World): AgentFakes {
  return {
    beginAgentRun: async ({ agentRunId }) => {
      if (!world.rows.get(agentRunId)) world.rows.set(agentRunId, atWork('The agent is at work.'));
      const kind = (/-(subtask|work|repair|review)-/.exec(agentRunId)?.[1] ?? 'plan') as AgentRunKind;
      const nextIndex = world.stepsOf(agentRunId);
      const { runtime, hostQueue, maxSteps } = world;
      const asking = world.asksMcpServers && ({ listsMcpTools: true } as const);
      return { ...asking, kind, runtime, hostQueue, maxSteps, nextIndex, ended: null };
    },
    callModel: async ({ agentRunId }) => {
      const waiting = world.rows.get(agentRunId);
      if (waiting?.kind !== 'work') world.rows.record({ type: 'agent_run', id: agentRunId }, atWork());
      return { outcome: 'answered', calls: world.nextTurn(agentRunId) };
    },
    addNote: async () => undefined,
    refuseCall: async () => undefined,
    acceptResult: async () => ({ accepted: true }),
    askHuman: async ({ callId }) => ({ approvalId: world.openApproval(callId), expiresInMs: world.expiresInMs }),
    recordHumanAnswer: async ({ approvalId, timedOut }) => void closed(world, approvalId, timedOut),
    spawnTask: async ({ agentRunId, index }) => {
      const childRunId: AgentRunId = `${agentRunId}-subtask-${index}`;
      return { outcome: 'spawned', childRunId, title: 'Look into it' };
    },
    recordSubtask: async () => undefined,
    askToContinue: async ({ agentRunId, index }) => ({
      approvalId: world.openApproval(`guard-${agentRunId.split('-').slice(1).join('-')}-${index}`),
      expiresInMs: world.expiresInMs,
    }),
    endAgentRun: async ({ agentRunId, state, failure }) => {
      world.rows.remove(agentRunId);
      return { state, failure };
    },
    listMcpTools: async () => undefined,
    runQuickTool: async () => ({ state: 'succeeded' }),
    runTool: async () => ({ state: 'succeeded' }),
    runSegment: async () => ({ outcome: 'finished' }),
  };
}

function otherFakes(world: World): OtherFakes {
  return {
    publishChange: async () => undefined,
    prepareLanding: async () => ({ outcome: 'prepared', commit: 'landing', targetCommit: 'target' }),
    completeLanding: async ({ commit }) => ({ outcome: 'landed', commit }),
    recordMerged: async ({ changeRequestId }) => {
      world.rows.remove(changeRequestId);
      world.landings.ended.add(changeRequestId);
    },
    moveChangeRequest: async ({ changeRequestId, to }) => {
      if (to !== 'closed') return world.rows.set(changeRequestId, atWork());
      world.rows.remove(changeRequestId);
      world.landings.ended.add(changeRequestId);
    },
    takeLandingTurn: async ({ changeRequestId }) => world.landings.take(changeRequestId),
    leaveLandingQueue: ({ changeRequestId }) => world.landings.leave(changeRequestId),
    recordWaiting: async ({ subject, waiting }) => ({ over: !world.rows.record(subject, waiting) }),
    settleApproval: async ({ approvalId, timedOut }) => {
      const state = closed(world, approvalId, timedOut) as ApprovalOutcome['state'];
      const { reason, answer } = world.approvals.get(approvalId)!;
      return { approvalId, state, reason, answer };
    },
    readOrders: async ({ taskId }) => ({
      paused: world.orders.paused,
      cancelled: world.orders.cancelled || (taskId !== undefined && world.cancelledTasks.has(taskId)),
    }),
  };
}
