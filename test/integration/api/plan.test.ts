import type { Plan } from '@fermata/contracts';
import { inTransaction, openApproval, planQuestion, readPlan, writePlan } from '@fermata/database';
import { beforeEach, describe, expect, it } from 'vitest';
import { ask, codeOf, type GraphqlAnswer, pick } from '../../support/api.js';
import { useOrders } from '../../support/orders.js';

const { given, order, runRow, setRun, startRunWorkflow, signalsOf } = useOrders();
const plan: Plan = {
  objective: { title: 'Be quicker', description: 'Twice as quick' },
  keyResults: [
    {
      ...{ title: 'Speed', unit: 'ms', statedBaseline: 10, target: 5, direction: 'decrease' as const },
      measure: { kind: 'command', command: 'echo 5', read: { type: 'exit_code' }, timeoutMs: 60_000 },
    },
  ],
  tasks: ['one', 'two'].map((key, index) => ({
    ...{ key, title: key, instructions: 'Do it', acceptanceCriteria: ['it is done'], verificationSteps: [] },
    ...{ dependsOn: index === 1 ? ['one'] : [], predictedPaths: [] },
  })),
};

describe('a plan that awaits approval', () => {
  const approvalOf = async () =>
    pick<{ id: string; digest: string; state: string; detail: Plan & { revision: number } }>(
      await ask(
        given.api,
        `{ okrRun(id: "${given.made.okrRunId}") { approval { id digest state detail waitingOn { kind } } } }`,
        {
          token: given.token,
        },
      ),
      'okrRun.approval',
    );

  beforeEach(async () => {
    await inTransaction(given.held.database, async (tx) => {
      await tx.agentRun.deleteMany({ where: { okrRunId: given.made.okrRunId } });
      await tx.changeRequest.deleteMany({ where: { okrRunId: given.made.okrRunId } });
      const run = await tx.okrRun.findUniqueOrThrow({ where: { id: given.made.okrRunId } });
      const objectiveId = await writePlan(tx, run, plan);
      const request = planQuestion({
        ...{ run, plan, revision: 0, estimatedMicros: 7, budgetMicros: null, gates: [] },
        repository: { name: 'demo', location: '/srv/demo', defaultBranch: 'main', gateSource: 'none' },
      });
      await openApproval(tx, { workspaceId: given.made.workspaceId, request, requestedBy: 'fermata' });
      const set = { objectiveId, state: 'awaiting_approval', planDigest: request.digest, estimatedMicros: 7n };
      await tx.okrRun.update({ where: { id: run.id }, data: set });
    });
    await startRunWorkflow();
  });

  const decide = async (input: Record<string, unknown> = {}) => {
    const { id, digest } = await approvalOf();
    return order(
      'decideApproval',
      { approvalId: id, digest, decision: 'APPROVE', ...input },
      { payload: 'approval { id state decidedBy reason waitingOn { kind } }' },
    );
  };

  it('is shown whole, with what stands behind it', async () => {
    const { detail } = await approvalOf();
    expect(detail).toMatchObject({
      ...plan,
      goal: 'Be quicker',
      repository: { gateSource: 'none' },
      estimatedMicros: 7,
    });
  });

  it('is approved once: again is harmless, the other way round is too late', async () => {
    for (let times = 0; times < 2; times += 1) {
      expect(pick(await decide({ reason: 'good' }), 'decideApproval.approval')).toMatchObject({
        ...{ state: 'approved', decidedBy: given.made.principalId, reason: 'good', waitingOn: null },
      });
    }
    expect(codeOf(await decide({ decision: 'DENY' }))).toBe('approval_closed');
    expect(await signalsOf(given.made.okrRunId)).toEqual(['approvalDecided', 'approvalDecided']);
  });

  it('is not approved by a decision about something else, nor remembered', async () => {
    expect(codeOf(await decide({ digest: 'other' }))).toBe('approval_stale');
    expect(codeOf(await decide({ remember: true }))).toBe('invalid_input');
    expect((await approvalOf()).state).toBe('pending');
  });

  const edit = (changes: Record<string, unknown>): Promise<GraphqlAnswer> =>
    order(
      'editPlan',
      { okrRunId: given.made.okrRunId, ...changes },
      { payload: 'okrRun { planRevision planDigest state tasks { key } }' },
    );
  const task = { title: 'Three', instructions: 'Do it', acceptanceCriteria: ['done'] };

  it('is asked about anew when it is edited, and the old question is void', async () => {
    const before = await approvalOf();
    const edited = pick(await edit({ tasks: [{ key: 'three', ...task }] }), 'editPlan.okrRun');
    const after = await approvalOf();
    expect(after).toMatchObject({
      state: 'pending',
      detail: { revision: 1, keyResults: plan.keyResults, estimatedMicros: null },
    });
    expect(edited).toEqual({
      planRevision: 1,
      planDigest: after.digest,
      state: 'awaiting_approval',
      tasks: [{ key: 'three' }],
    });
    expect(after.digest).not.toBe(before.digest);
    const old = await given.held.database.approval.findUniqueOrThrow({ where: { id: before.id } });
    expect(old.state).toBe('void');
    expect(codeOf(await decide({ approvalId: before.id, digest: before.digest }))).toBe('approval_closed');
    expect(await signalsOf(given.made.okrRunId)).toContain('approvalDecided');
    expect(await readPlan(given.held.database, await runRow())).toMatchObject({
      objective: plan.objective,
      tasks: [{ key: 'three' }],
    });
  });

  it('stays as it is when the edit changes nothing', async () => {
    const before = await approvalOf();
    expect(pick(await edit({ objective: plan.objective }), 'editPlan.okrRun.planRevision')).toBe(0);
    expect((await approvalOf()).id).toBe(before.id);
  });

  it.each([
    [
      'a circle',
      {
        tasks: [
          { key: 'a', dependsOn: ['b'], ...task },
          { key: 'b', dependsOn: ['a'], ...task },
        ],
      },
      'plan_invalid',
    ],
    ['an unknown dependency', { tasks: [{ key: 'a', dependsOn: ['z'], ...task }] }, 'plan_invalid'],
    ['no tasks', { tasks: [] }, 'plan_invalid'],
    [
      'a measure that is none',
      { keyResults: [{ title: 't', unit: 'u', target: 1, measure: { kind: 'guess' } }] },
      'plan_invalid',
    ],
    ['nothing', {}, 'invalid_input'],
  ])('is not edited into %s', async (_what, changes, code) => {
    const before = await approvalOf();
    expect(codeOf(await edit(changes))).toBe(code);
    expect(await approvalOf()).toEqual(before);
  });

  it('cannot be edited once it runs', async () => {
    await setRun({ state: 'running' });
    expect(codeOf(await edit({ tasks: [{ key: 'three', ...task }] }))).toBe('invalid_transition');
  });
});
