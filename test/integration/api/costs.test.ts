import { createStepRepository } from '@fermata/database';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask, pick, type RunningApi, startApi, tokenOf } from '../../support/api.js';
import { type MadeOkrRun, makeOkrRun } from '../../support/okr-run.js';
import { useDatabase } from '../../support/postgres.js';

const held = useDatabase();
let api: RunningApi;

beforeAll(async () => {
  api = await startApi({ databaseUrl: held.url });
});
afterAll(() => api.stop());

const usage = { inputTokens: 10, outputTokens: 5, cacheReadTokens: 2, cacheWriteTokens: 1 };
const query = `query ($run: ID!) {
  okrRun(id: $run) {
    cost { micros estimated inputTokens }
    budget { spentMicros spentEstimated }
    report { costMicros costEstimated cancelReason }
    tasks { cost { micros estimated } agentRuns { cost { micros estimated outputTokens } steps(first: 9) { nodes { cost { micros estimated } } } } }
  }
}`;

/** Two model calls of one agent run: of the second the provider has not said what it took. */
async function spend(made: MadeOkrRun, second: { estimated?: boolean }): Promise<void> {
  const { workspaceId, okrRunId, taskId, agentRunId } = made;
  const subjectId = okrRunId;
  const budget = { id: `bud_${okrRunId}`, workspaceId, scope: 'okr_run', subjectId, updatedAt: new Date() };
  await held.database.budget.create({ data: budget });
  const steps = createStepRepository(held.database, workspaceId);
  for (const [index, more] of [{}, second].entries()) {
    const step = { agentRunId, okrRunId, taskId, index, kind: 'model', name: 'scripted' } as const;
    const hold = { subjectIds: [okrRunId], key: `${agentRunId}:${index}`, micros: 100 };
    const started = await steps.startPaid(step, hold);
    if (!started.held) throw new Error('no room');
    const cost = { model: 'scripted', usage: { ...usage, ...more }, costMicros: 40, reservationKey: hold.key };
    await steps.end({ ...step, id: started.id }, { state: 'succeeded', cost });
  }
}

async function costsAfter(second: { estimated?: boolean }) {
  const made = await makeOkrRun(held.database);
  await spend(made, second);
  const report = { outcome: 'cancelled', summary: '', keyResults: [], tasks: [], targetsMet: 0, costMicros: 80 };
  const data = { report: { ...report, estimatedMicros: null, durationMs: 1 }, cancelReason: 'too dear' };
  await held.database.okrRun.updateMany({ where: { id: made.okrRunId }, data });
  const token = await tokenOf(held.database, made, 'viewer');
  return pick(await ask(api, query, { token, variables: { run: made.okrRunId } }), 'okrRun');
}

const costsOf = (estimated: boolean) => ({
  cost: { micros: 80, estimated, inputTokens: 20 },
  budget: { spentMicros: 80, spentEstimated: estimated },
  report: { costMicros: 80, costEstimated: estimated, cancelReason: 'too dear' },
  tasks: [
    {
      cost: { micros: 80, estimated },
      agentRuns: [
        {
          cost: { micros: 80, estimated, outputTokens: 10 },
          steps: { nodes: [{ cost: { micros: 40, estimated: false } }, { cost: { micros: 40, estimated } }] },
        },
      ],
    },
  ],
});

describe('what was spent', () => {
  it('says everywhere that some of it was reckoned, when it was', async () => {
    expect(await costsAfter({ estimated: true })).toEqual(costsOf(true));
  });

  it('says nothing of the kind when the provider counted all of it', async () => {
    expect(await costsAfter({})).toEqual(costsOf(false));
  });
});
