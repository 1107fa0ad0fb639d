import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type FakeApi, startFakeApi } from '../testing/fake-api.fixture.js';
import { anApproval, aPage, aTask, ids } from '../testing/rows.fixture.js';
import { runFermata } from '../testing/run-fermata.fixture.js';

let api: FakeApi;
let pending: Record<string, unknown>[];

beforeEach(async () => {
  pending = [anApproval()];
  api = await startFakeApi({
    approvals: () => aPage(pending),
    approval: ({ id }: { id: string }) => pending.find((each) => each['id'] === id) ?? null,
    decideApproval: ({ input }: { input: { decision: string } }) => ({
      approval: anApproval({ state: input.decision === 'APPROVE' ? 'approved' : 'denied' }),
    }),
  });
});
afterEach(() => api.close());

const decisions = () =>
  api.asked.filter(({ query }) => query.includes('DecideApproval')).map(({ variables }) => variables['input']);

describe('approve and deny', () => {
  it('shows the whole plan and decides about exactly what was shown', async () => {
    const { code, stdout } = await runFermata(['approve', ids.approval, '--reason', 'good'], { api });
    expect(code).toBe(0);
    for (const shown of ['Sell twice as much', 'npm test', 'Parse prices', 'It parses.', 'about $2.45', 'no cap'])
      expect(stdout).toContain(shown);
    expect(stdout).toContain('No gates: nothing checks the work before it is merged.');
    expect(decisions()).toEqual([
      { approvalId: ids.approval, digest: 'a'.repeat(64), decision: 'APPROVE', reason: 'good', answer: null },
    ]);
  });

  it('finds the one open question about a run', async () => {
    const { code, stdout } = await runFermata(['deny', ids.run, '--json'], { api });
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ approval: { id: ids.approval, state: 'denied' } });
    expect(decisions()).toMatchObject([{ approvalId: ids.approval, decision: 'DENY' }]);
  });

  it('decides nothing when several questions are open about it, and names them', async () => {
    pending = [anApproval(), anApproval({ id: ids.otherApproval, kind: 'task', task: aTask() })];
    const { code, stderr } = await runFermata(['deny', ids.run], { api });
    expect(code).toBe(1);
    expect(stderr).toContain(`${ids.approval}, ${ids.otherApproval}`);
    expect((await runFermata(['deny', ids.task], { api })).code).toBe(0);
    expect(decisions()).toMatchObject([{ approvalId: ids.otherApproval }]);
  });

  it('without a terminal approves nothing that nobody has named: a plan may have been edited since it was looked at', async () => {
    for (const options of [[], ['--yes'], ['--json']]) {
      const { code, stdout, stderr } = await runFermata(['approve', ids.run, ...options], { api });
      expect(code).toBe(2);
      expect(`${stdout}${stderr}`).toContain('--digest');
    }
    expect(decisions()).toEqual([]);
  });

  it('without a terminal approves about a run what has the digest that was seen, and nothing else', async () => {
    pending = [anApproval(), anApproval({ id: ids.otherApproval, kind: 'task', digest: 'b'.repeat(64) })];
    const seen = await runFermata(['approve', ids.run, '--digest', 'b'.repeat(64)], { api });
    expect(seen.code).toBe(0);
    expect(decisions()).toMatchObject([{ approvalId: ids.otherApproval, digest: 'b'.repeat(64) }]);
    const stale = await runFermata(['approve', ids.run, '--digest', 'c'.repeat(64)], { api });
    expect(stale).toMatchObject({ code: 1, stderr: expect.stringContaining('fermata inbox') as string });
    expect(decisions()).toHaveLength(1);
  });

  it('sends the digest that was seen with the id of an approval too, for the API to compare', async () => {
    await runFermata(['deny', ids.approval, '--digest', 'c'.repeat(64)], { api });
    expect(decisions()).toMatchObject([{ approvalId: ids.approval, digest: 'c'.repeat(64) }]);
  });

  it('decides nothing when nothing is open about it', async () => {
    const { code, stderr } = await runFermata(['deny', ids.otherRun], { api });
    expect(code).toBe(1);
    expect(stderr).toContain('fermata inbox');
  });

  it('wants an answer to a question before it says yes, but not before it says no', async () => {
    pending = [anApproval({ kind: 'measurement', detail: { question: 'How many customers?' } })];
    const without = await runFermata(['approve', ids.approval], { api });
    expect(without).toMatchObject({ code: 2, stderr: expect.stringContaining('--answer <number>') as string });
    expect(decisions()).toEqual([]);
    expect((await runFermata(['approve', ids.approval, '--answer', '12'], { api })).code).toBe(0);
    expect((await runFermata(['deny', ids.approval], { api })).code).toBe(0);
    expect(decisions()).toMatchObject([{ answer: '12' }, { answer: null }]);
  });

  it('says so when it has been decided otherwise', async () => {
    pending = [anApproval({ state: 'denied', decidedBy: 'prn_1' })];
    const { code, stderr } = await runFermata(['approve', ids.approval], { api });
    expect(code).toBe(1);
    expect(stderr).toContain('can no longer be decided: it is denied by prn_1');
  });
});

it('tells scripts and people the digest of what waits', async () => {
  const { stdout } = await runFermata(['inbox', '--json'], { api });
  expect(JSON.parse(stdout)).toMatchObject({ approvals: [{ id: ids.approval, digest: 'a'.repeat(64) }] });
  expect((await runFermata(['show', ids.approval], { api })).stdout).toContain('a'.repeat(64));
});

it('lists what waits with the command that answers it', async () => {
  const { stdout } = await runFermata(['inbox'], { api });
  expect(stdout).toContain(`fermata approve ${ids.approval}`);
});
