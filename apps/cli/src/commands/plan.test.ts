import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DomainError } from '@fermata/contracts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type FakeApi, startFakeApi } from '../testing/fake-api.fixture.js';
import { anApproval, anOkrRun, aPage, ids, planDetail } from '../testing/rows.fixture.js';
import { runFermata, temporaryFolder } from '../testing/run-fermata.fixture.js';

let api: FakeApi;
let refuse: boolean;

beforeEach(async () => {
  refuse = false;
  api = await startFakeApi({
    approvals: () => aPage([anApproval()]),
    editPlan: () => {
      if (refuse) throw new DomainError('plan_invalid', 'tasks: two have the key parse');
      return { okrRun: anOkrRun({ planRevision: 1, approval: anApproval({ id: ids.otherApproval }) }) };
    },
  });
});
afterEach(() => api.close());

const edits = () =>
  api.asked.filter(({ query }) => query.includes('EditPlan')).map(({ variables }) => variables['input']);

/** An editor that replaces one text by another. */
const editor = (from: string, to: string) => ({ EDITOR: `sed -i 's/${from}/${to}/'` });

describe('plan edit', () => {
  it('sends the part that was changed in the editor, and shows the new question', async () => {
    const { code, stdout } = await runFermata(['plan', 'edit', ids.run], { api, env: editor('Parse', 'Read') });
    expect(code).toBe(0);
    expect(edits()).toEqual([{ okrRunId: ids.run, tasks: [{ ...planDetail.tasks[0], title: 'Read prices' }] }]);
    expect(stdout).toContain(`fermata approve ${ids.otherApproval}`);
  });

  it('sends nothing when nothing was changed', async () => {
    const { code, stderr } = await runFermata(['plan', 'edit', ids.run], { api, env: { EDITOR: 'true' } });
    expect({ code, edits: edits() }).toEqual({ code: 1, edits: [] });
    expect(stderr).toContain('Nothing was changed');
  });

  it.each([
    ['what is no JSON', editor('{', '<'), false],
    ['what the API refuses', editor('Parse', 'Read'), true],
  ])('keeps %s and says where', async (_what, env, refused) => {
    refuse = refused;
    const { stdout } = await runFermata(['plan', 'edit', ids.run, '--json'], { api, env });
    const { error } = JSON.parse(stdout) as { error: { message: string; details: { file: string } } };
    expect(error.message).toContain('Your text is kept in');
    expect(readFileSync(error.details.file, 'utf8')).toContain('keyResults');
  });

  it('takes a part of the plan from a file', async () => {
    const file = join(temporaryFolder(), 'plan.json');
    writeFileSync(file, JSON.stringify({ objective: { title: 'Sell three times as much', description: 'Why not.' } }));
    const { code } = await runFermata(['plan', 'edit', ids.run, '--file', file], { api });
    expect(code).toBe(0);
    expect(edits()).toEqual([
      { okrRunId: ids.run, objective: { title: 'Sell three times as much', description: 'Why not.' } },
    ]);
  });

  it('exits 2 for a file that is no plan', async () => {
    const { code, stderr } = await runFermata(['plan', 'edit', ids.run, '--file', '-'], { api, input: '[]' });
    expect(code).toBe(2);
    expect(stderr).toContain('at least one of objective, keyResults, tasks');
  });
});
