import { TaskState } from '@fermata/contracts';
import { newId } from '@fermata/database';
import { describe, expect, it } from 'vitest';
import { ask, codeOf, pick, startApi, tokenOf } from '../../support/api.js';
import { makeOkrRun } from '../../support/okr-run.js';
import { useOrders } from '../../support/orders.js';

const { given, order, runRow, setRun, setTask, auditOf, startRunWorkflow, signalsOf } = useOrders();
const goal = (changes: Record<string, unknown> = {}) => ({
  ...{ repositoryId: given.made.repositoryId, goal: ' Be quicker ', clientRequestId: 'once' },
  ...changes,
});

describe('the roles', () => {
  it.each([
    ['submitGoal', 'operator', 'viewer', () => goal()],
    ['submitGoal', 'approver', 'operator', () => goal({ approval: 'AUTO' })],
    ['pauseRun', 'operator', 'viewer', () => ({ id: given.made.okrRunId })],
    ['resumeRun', 'operator', 'viewer', () => ({ id: given.made.okrRunId })],
    ['cancelRun', 'operator', 'viewer', () => ({ id: given.made.okrRunId })],
    ['retryTask', 'operator', 'viewer', () => ({ taskId: given.made.taskId })],
    ['decideApproval', 'approver', 'operator', () => ({ approvalId: newId('apr'), digest: 'd', decision: 'APPROVE' })],
    [
      'editPlan',
      'approver',
      'operator',
      () => ({ okrRunId: given.made.okrRunId, objective: { title: 'a', description: 'b' } }),
    ],
    ['addRepository', 'admin', 'approver', () => ({ location: '/x', clientRequestId: 'x' })],
    ['saveAgent', 'admin', 'approver', () => ({ name: 'x' })],
    ['setBudget', 'admin', 'approver', () => ({ okrRunId: given.made.okrRunId })],
    ['setTimeZone', 'admin', 'approver', () => ({ timeZone: 'Europe/Berlin' })],
  ] as const)('%s needs %s and refuses %s', async (...[name, needed, below, input]) => {
    const refused = await order(name, input(), {
      payload: '__typename',
      token: await tokenOf(given.held.database, given.made, below),
    });
    expect(refused.errors?.[0]).toMatchObject({ extensions: { code: 'forbidden', details: { needed, role: below } } });
    if (name === 'addRepository') return;
    const allowed = await order(name, input(), {
      payload: '__typename',
      token: await tokenOf(given.held.database, given.made, needed),
    });
    expect(codeOf(allowed)).not.toBe('forbidden');
  });
});

describe('submitGoal', () => {
  const submitted =
    'okrRun { id state goal approvalMode agent { name } budget { limitMicros } maxParallelTasks waitingOn { kind since } }';

  it('makes the row, says what it waits for, and starts the workflow with its search attributes', async () => {
    const answer = await order('submitGoal', goal({ budgetMicros: 2_000_000 }), { payload: submitted });
    const run = pick<{ id: string }>(answer, 'submitGoal.okrRun');
    expect(run).toMatchObject({
      ...{ state: 'drafting', goal: 'Be quicker', approvalMode: 'REQUIRED', agent: { name: 'default' } },
      ...{ budget: { limitMicros: 2_000_000 }, maxParallelTasks: 3, waitingOn: { kind: 'slot' } },
    });
    const description = await given.temporal.workflow.getHandle(run.id).describe();
    expect(description).toMatchObject({ type: 'okrRun', taskQueue: 'fermata', status: { name: 'RUNNING' } });
    expect(description.searchAttributes).toMatchObject({
      ...{
        fermataWorkspace: [given.made.workspaceId],
        fermataOkrRun: [run.id],
        fermataRepository: [given.made.repositoryId],
      },
    });
    expect(await auditOf(run.id)).toEqual(['okr_run.submit']);
  });

  it('warns of a budget that pays for no call of the agent’s model, also when it is submitted again', async () => {
    const warned = async (change: Record<string, unknown>) =>
      pick(
        await order('submitGoal', goal(change), { payload: 'warnings { code message neededMicros }' }),
        'submitGoal',
      );
    // 8,000 tokens out at $15 a million, and a prompt of 15,010 at most at $3.75.
    const neededMicros = 176_288;
    for (let times = 0; times < 2; times += 1)
      expect(await warned({ budgetMicros: 10_000 })).toMatchObject({
        warnings: [{ code: 'budget_too_small', neededMicros, message: expect.stringContaining('$0.1763') as string }],
      });
    expect(await warned({ budgetMicros: neededMicros, clientRequestId: 'enough' })).toEqual({ warnings: [] });
    expect(await warned({ clientRequestId: 'no cap' })).toEqual({ warnings: [] });
  });

  it('takes a secret out of a goal before it is stored, and says so', async () => {
    const token = `glpat-${'a1B2'.repeat(6)}`;
    const text = `Deploy with ${token} at once`;
    const answer = await order('submitGoal', goal({ goal: text, clientRequestId: 'leaky' }), {
      payload: 'okrRun { id } warnings { code message }',
    });
    expect(pick(answer, 'submitGoal.warnings')).toMatchObject([{ code: 'secret_redacted' }]);
    expect(JSON.stringify(answer)).not.toContain(token);
    const rows = await given.held.database.$queryRaw<{ row: string }[]>`
      SELECT "okr_run"::text AS "row" FROM "okr_run" UNION ALL SELECT "event"::text FROM "event" UNION ALL SELECT "audit_entry"::text FROM "audit_entry"`;
    expect(rows.some(({ row }) => row.includes('Deploy with [redacted: GitLab token] at once'))).toBe(true);
    expect(rows.some(({ row }) => row.includes(token))).toBe(false);
  });

  it('gives the same run for the same key, however often and however many ask at once', async () => {
    const answers = await Promise.all(Array.from({ length: 8 }, () => order('submitGoal', goal())));
    const ids = new Set(answers.map((answer) => pick(answer, 'submitGoal.okrRun.id')));
    expect(ids.size).toBe(1);
    expect(await given.held.database.okrRun.count({ where: { workspaceId: given.made.workspaceId } })).toBe(2);
    expect(await given.held.database.budget.count({ where: { subjectId: [...ids][0] as string } })).toBe(1);
  });

  it('refuses the key for another goal, and takes it in another workspace', async () => {
    await order('submitGoal', goal());
    for (const change of [{ goal: 'Be slower' }, { budgetMicros: 1 }, { maxParallelTasks: 4 }, { approval: 'AUTO' }]) {
      expect(codeOf(await order('submitGoal', goal(change)))).toBe('idempotency_mismatch');
    }
    const other = await makeOkrRun(given.held.database);
    const otherToken = await tokenOf(given.held.database, other, 'operator');
    const answer = await order('submitGoal', { ...goal(), repositoryId: other.repositoryId }, { token: otherToken });
    expect(answer.errors).toBeUndefined();
  });

  it('names both sizes of a goal that is too long, and counts bytes', async () => {
    const { errors } = await order('submitGoal', goal({ goal: 'ü'.repeat(32 * 1024 + 1) }));
    expect(errors?.[0]).toMatchObject({
      extensions: { code: 'invalid_input', details: { bytes: 65_538, maxGoalBytes: 65_536 } },
    });
    expect((await order('submitGoal', goal({ goal: 'ü'.repeat(32 * 1024) }))).errors).toBeUndefined();
  });

  it.each([
    ['an empty goal', { goal: ' \n ' }, 'invalid_input'],
    ['a budget of nothing', { budgetMicros: 0 }, 'invalid_input'],
    ['no parallel tasks', { maxParallelTasks: 0 }, 'invalid_input'],
    ['an empty key', { clientRequestId: ' ' }, 'invalid_input'],
    ['an agent that is not there', { agent: 'nobody' }, 'not_found'],
  ])('refuses %s', async (_what, change, code) => {
    expect(codeOf(await order('submitGoal', goal(change)))).toBe(code);
    expect(await given.held.database.okrRun.count({ where: { workspaceId: given.made.workspaceId } })).toBe(1);
  });
});

describe('pausing, resuming and cancelling a run', () => {
  it.each(['drafting', 'awaiting_approval', 'running', 'measuring'])(
    'holds a run that is %s and lets it go on there',
    async (state) => {
      await setRun({ state });
      await startRunWorkflow();
      const paused = await order('pauseRun', { id: given.made.okrRunId });
      expect(pick(paused, 'pauseRun.okrRun')).toMatchObject({
        state: 'paused',
        pausedFrom: state,
        waitingOn: { kind: 'human' },
      });
      expect(pick(await order('pauseRun', { id: given.made.okrRunId }), 'pauseRun.okrRun.state')).toBe('paused');
      const resumed = await order('resumeRun', { id: given.made.okrRunId });
      expect(pick(resumed, 'resumeRun.okrRun')).toMatchObject({ state, pausedFrom: null });
      expect(pick(await order('resumeRun', { id: given.made.okrRunId }), 'resumeRun.okrRun.state')).toBe(state);
      expect(await runRow()).toMatchObject({ ordersRevision: 2 });
      expect(await auditOf(given.made.okrRunId)).toEqual(['okr_run.pause', 'okr_run.resume']);
      expect(await signalsOf(given.made.okrRunId)).toEqual(Array(4).fill('ordersChanged'));
    },
  );

  it('asks for the end once and leaves the state to the work', async () => {
    await setRun({ state: 'running' });
    for (let times = 0; times < 2; times += 1) {
      const answer = await order('cancelRun', { id: given.made.okrRunId, reason: 'enough' });
      expect(pick(answer, 'cancelRun.okrRun')).toMatchObject({ state: 'running', waitingOn: { kind: 'work' } });
      expect(pick(answer, 'cancelRun.okrRun.cancelRequestedAt')).not.toBeNull();
    }
    await order('cancelRun', { id: given.made.okrRunId, reason: 'a later reason' });
    expect(await runRow()).toMatchObject({ cancelReason: 'enough' });
    expect(await runRow()).toMatchObject({ ordersRevision: 1 });
    expect(codeOf(await order('pauseRun', { id: given.made.okrRunId }))).toBe('invalid_transition');
  });

  it('cannot change a run that has ended, except to say again that it was cancelled', async () => {
    await setRun({ state: 'completed', endedAt: new Date() });
    for (const name of ['pauseRun', 'resumeRun', 'cancelRun']) {
      expect(codeOf(await order(name, { id: given.made.okrRunId }))).toBe('invalid_transition');
    }
    await setRun({ state: 'cancelled' });
    expect((await order('cancelRun', { id: given.made.okrRunId })).errors).toBeUndefined();
    expect(await runRow()).toMatchObject({ ordersRevision: 0 });
  });
});

describe('orders about one task', () => {
  const payload = 'task { state attempts failure { code } endedAt cancelRequestedAt cancelReason waitingOn { kind } }';

  it('says where the work is and how to go on, when the run has ended', async () => {
    await setRun({ state: 'failed', endedAt: new Date() });
    await setTask({ state: 'partial_done', attempts: 1, endedAt: new Date(), branch: 'fermata/kept' });
    const refused = await order('retryTask', { taskId: given.made.taskId }, { payload });
    expect(codeOf(refused)).toBe('invalid_transition');
    expect(refused.errors?.[0]?.message).toMatch(/has ended \(failed\).*kept on the branch fermata\/kept.*another run/);
  });

  it.each(['failed', 'partial_done'])('reopens a task that is %s, as a new attempt', async (state) => {
    await setRun({ state: 'running' });
    await setTask({ state, attempts: 1, endedAt: new Date(), failure: { code: 'command_failed', message: 'no' } });
    await setTask({ cancelRequestedAt: new Date(), cancelReason: 'an old one' });
    await startRunWorkflow();
    for (let times = 0; times < 2; times += 1) {
      expect(pick(await order('retryTask', { taskId: given.made.taskId }, { payload }), 'retryTask.task')).toEqual({
        ...{ state: 'todo', attempts: 2, failure: null, endedAt: null, cancelRequestedAt: null, cancelReason: null },
        waitingOn: { kind: 'slot' },
      });
    }
    expect(await runRow()).toMatchObject({ ordersRevision: 1 });
    expect(await auditOf(given.made.taskId)).toEqual(['task.retry']);
    expect(await signalsOf(given.made.okrRunId)).toContain('ordersChanged');
  });

  it.each([
    ['done', 'running'],
    ['cancelled', 'running'],
    ['failed', 'measuring'],
    ['failed', 'failed'],
    ['failed', 'awaiting_approval'],
  ])('does not reopen a task that is %s in a run that is %s', async (taskState, runState) => {
    await setRun({ state: runState });
    await setTask({ state: taskState });
    expect(codeOf(await order('retryTask', { taskId: given.made.taskId }, { payload }))).toBe('invalid_transition');
    expect(await runRow()).toMatchObject({ ordersRevision: 0 });
  });

  it('asks for the end of a task at work, and ends one that nobody works on', async () => {
    await setRun({ state: 'running' });
    const cancel = async () => pick(await order('cancelRun', { id: given.made.taskId }, { payload }), 'cancelRun.task');
    await setTask({ state: TaskState.doing });
    expect(await cancel()).toMatchObject({ state: 'doing', waitingOn: { kind: 'work' } });
    await setTask({ state: TaskState.partialDone });
    for (let times = 0; times < 2; times += 1)
      expect(await cancel()).toMatchObject({ state: 'cancelled', waitingOn: null });
    expect(await auditOf(given.made.taskId)).toEqual(['task.cancel', 'task.cancel']);
  });
});

describe('cancelling a task that has not begun', () => {
  const payload = 'task { state endedAt cancelRequestedAt cancelReason waitingOn { kind } failure { code } }';

  it('cancels it at once, and tells its run', async () => {
    await setRun({ state: 'running' });
    await startRunWorkflow();
    for (let times = 0; times < 2; times += 1) {
      const answer = await order('cancelRun', { id: given.made.taskId, reason: 'Not needed.' }, { payload });
      const task = pick<{ endedAt: string | null }>(answer, 'cancelRun.task');
      expect(task).toMatchObject({ state: 'cancelled', waitingOn: null, failure: null, cancelReason: 'Not needed.' });
      expect(task.endedAt).not.toBeNull();
    }
    expect(await runRow()).toMatchObject({ ordersRevision: 1 });
    expect(await auditOf(given.made.taskId)).toEqual(['task.cancel']);
    expect(await signalsOf(given.made.okrRunId)).toContain('ordersChanged');
  });
});

describe('setBudget', () => {
  const payload = 'budget { limitMicros spentMicros remainingMicros }';

  it('sets, raises and takes away the cap of a run, and tells the run', async () => {
    await startRunWorkflow();
    const set = async (limitMicros: number | null) =>
      pick(await order('setBudget', { okrRunId: given.made.okrRunId, limitMicros }, { payload }), 'setBudget.budget');
    expect(await set(5_000_000_000)).toEqual({
      limitMicros: 5_000_000_000,
      spentMicros: 0,
      remainingMicros: 5_000_000_000,
    });
    expect(await set(5_000_000_000)).toMatchObject({ limitMicros: 5_000_000_000 });
    expect(await set(null)).toEqual({ limitMicros: null, spentMicros: 0, remainingMicros: null });
    expect(await runRow()).toMatchObject({ ordersRevision: 2 });
    expect(await signalsOf(given.made.okrRunId)).toContain('ordersChanged');
  });

  it('of a run that has ended is refused: it spends nothing any more', async () => {
    const { okrRunId } = given.made;
    await given.held.database.okrRun.update({
      where: { id: okrRunId },
      data: { state: 'completed', endedAt: new Date() },
    });
    expect(codeOf(await order('setBudget', { okrRunId, limitMicros: 5_000_000 }, { payload }))).toBe(
      'invalid_transition',
    );
  });

  it('refuses a cap of nothing', async () => {
    for (const limitMicros of [0, -1]) {
      expect(codeOf(await order('setBudget', { okrRunId: given.made.okrRunId, limitMicros }, { payload }))).toBe(
        'invalid_input',
      );
    }
  });

  const limits = 'budget { scope subjectId limits { period limitMicros spentMicros periodStart periodEnd } }';

  it('sets limits of periods for workspace, agent, OKR run and task, beside each other', async () => {
    const { workspaceId, agentId, okrRunId, taskId } = given.made;
    const subjects = { workspace: workspaceId, agent: agentId, okr_run: okrRunId, task: taskId };
    for (const [scope, subjectId] of Object.entries(subjects)) {
      for (const period of ['day', 'week', 'month', 'total'])
        await order('setBudget', { scope, subjectId, period, limitMicros: 5 }, { payload: limits });
      const answer = await order(
        'setBudget',
        { scope, subjectId, period: 'week', limitMicros: null },
        { payload: limits },
      );
      const budget = pick<{ limits: { periodStart: string; periodEnd: string }[] }>(answer, 'setBudget.budget');
      expect(budget).toMatchObject({
        ...{ scope, subjectId },
        limits: [
          { period: 'total', limitMicros: 5, spentMicros: 0, periodStart: null, periodEnd: null },
          { period: 'day', limitMicros: 5, spentMicros: 0 },
          { period: 'month', limitMicros: 5, spentMicros: 0 },
        ],
      });
      const [, day] = budget.limits;
      expect(Date.parse(day!.periodEnd) - Date.parse(day!.periodStart)).toBe(86_400_000);
    }
  });

  it('takes the workspace of the caller where none is named', async () => {
    const answer = await order('setBudget', { scope: 'workspace', period: 'day', limitMicros: 7 }, { payload: limits });
    expect(pick(answer, 'setBudget.budget')).toMatchObject({ scope: 'workspace', subjectId: given.made.workspaceId });
  });

  it('wakes every run that may wait for a budget above it', async () => {
    await startRunWorkflow();
    await order('setBudget', { scope: 'agent', subjectId: given.made.agentId, limitMicros: 9 }, { payload: limits });
    expect(await runRow()).toMatchObject({ ordersRevision: 1 });
    expect(await signalsOf(given.made.okrRunId)).toEqual(['ordersChanged']);
  });

  it('refuses absurd limits, and says the way out', async () => {
    const subject = { scope: 'workspace', period: 'day' };
    const refused = async (limitMicros: unknown) => {
      const answer = await order('setBudget', { ...subject, limitMicros }, { payload: limits });
      expect(answer.errors).toHaveLength(1);
      return answer.errors?.[0]?.message;
    };
    expect(await refused(1_000_000_000_001)).toContain('$1000000.00 at most; null is no limit');
    expect(await refused(-5)).toContain('null takes the limit away');
    expect(await refused(0.5)).toContain('at most six decimals');
    expect(await refused('NaN')).toContain('MicroUsd is an integer');
    for (const unclear of [{}, { scope: 'agent' }, { okrRunId: given.made.okrRunId, scope: 'workspace' }])
      expect(codeOf(await order('setBudget', { ...unclear, limitMicros: 5 }, { payload: limits }))).toBe(
        'invalid_input',
      );
    expect(
      codeOf(await order('submitGoal', goal({ budgetMicros: 1_000_000_000_001 }), { payload: '__typename' })),
    ).toBe('invalid_input');
  });
});

describe('saveAgent', () => {
  const payload = 'agent { id name model maxSteps instructions runtime }';

  it('makes an agent with the defaults, then changes what is given and keeps the rest', async () => {
    const first = pick<{ id: string }>(
      await order('saveAgent', { name: 'smith', model: 'm1', instructions: 'be kind' }, { payload }),
      'saveAgent.agent',
    );
    expect(first).toMatchObject({ name: 'smith', model: 'm1', maxSteps: 80, runtime: 'api' });
    const second = pick(await order('saveAgent', { name: 'smith', maxSteps: 5 }, { payload }), 'saveAgent.agent');
    expect(second).toEqual({ ...first, maxSteps: 5 });
  });

  it('makes an agent of a program, and keeps which one until another is named', async () => {
    const program = 'agent { runtime launch }';
    const cc = { name: 'cc', model: 'm', runtime: 'acp', launch: { preset: 'claude-code' } };
    const first = pick(await order('saveAgent', cc, { payload: program }), 'saveAgent.agent');
    expect(first).toEqual({ runtime: 'acp', launch: { preset: 'claude-code' } });
    const kept = pick(await order('saveAgent', { name: 'cc', maxSteps: 5 }, { payload: program }), 'saveAgent.agent');
    expect(kept).toEqual(first);
    const own = { command: '/opt/agent', args: ['--acp'], env: { KEY: '{{token}}' } };
    const other = pick(await order('saveAgent', { name: 'cc', launch: own }, { payload: program }), 'saveAgent.agent');
    expect(other).toEqual({ runtime: 'acp', launch: own });
  });

  it.each([
    [{ preset: 'emacs' }, 'claude-code'],
    [{ command: '' }, 'launch'],
    [{ command: 'x', env: { 'A-B': '1' } }, 'launch'],
    [{ preset: 'codex', command: 'x' }, 'launch'],
  ])('refuses %j as a program', async (launch, words) => {
    const { errors } = await order('saveAgent', { name: 'neo', model: 'm', runtime: 'acp', launch }, { payload });
    expect(errors?.[0]).toMatchObject({
      message: expect.stringContaining(words) as string,
      extensions: { code: 'invalid_input' },
    });
  });

  it.each([
    ['command', '{ command, args, env }'],
    ['acp', 'claude-code'],
  ])('refuses the runtime %s, which it cannot run so, and says what it can', async (runtime, way) => {
    const { errors } = await order('saveAgent', { name: 'neo', model: 'm', runtime }, { payload });
    expect(errors?.[0]).toMatchObject({
      message: expect.stringContaining(way) as string,
      extensions: { code: 'invalid_input', details: { runtime } },
    });
    const { workspaceId } = given.made;
    expect(await given.held.database.agent.count({ where: { workspaceId, name: 'neo' } })).toBe(0);
  });

  it('refuses a new agent without a model, and a name that is none', async () => {
    for (const input of [
      { name: 'neo' },
      { name: 'Agent Smith', model: 'm' },
      { name: 'neo', model: 'm', maxSteps: 0 },
    ]) {
      expect(codeOf(await order('saveAgent', input, { payload }))).toBe('invalid_input');
    }
  });
});

describe('while Temporal is away', () => {
  it('takes goals and orders, and leaves the rest to the sweep', async () => {
    const alone = await startApi({ databaseUrl: given.held.url });
    try {
      const query =
        'mutation ($input: SubmitGoalInput!) { submitGoal(input: $input) { okrRun { id state waitingOn { kind } } } }';
      const answer = await ask(alone, query, { token: given.token, variables: { input: goal() } });
      expect(pick(answer, 'submitGoal.okrRun')).toMatchObject({ state: 'drafting', waitingOn: { kind: 'slot' } });
      expect(alone.log).toContainEqual(
        expect.objectContaining({ msg: 'workflow not started; the sweep will start it' }),
      );
    } finally {
      await alone.stop();
    }
  });
});
