import { afterEach, expect, it } from 'vitest';
import { type FakeApi, startFakeApi } from '../testing/fake-api.fixture.js';
import { anOkrRun, aTask, ids } from '../testing/rows.fixture.js';
import { runFermata } from '../testing/run-fermata.fixture.js';

let api: FakeApi;
afterEach(() => api.close());

it('does not give the order to retry a second time when its answer is lost', async () => {
  api = await startFakeApi({ retryTask: () => ({ task: aTask({ state: 'todo' }) }) });
  api.breakNext(1, 'RetryTask');
  const { code, stderr } = await runFermata(['retry', ids.task], { api });
  expect({ code, asked: api.asked.length }).toEqual({ code: 3, asked: 1 });
  expect(stderr).toContain('The connection to');
  expect((await runFermata(['retry', ids.task], { api })).code).toBe(0);
});

it('says whether a run is cancelled or is being so', async () => {
  api = await startFakeApi({ cancelRun: () => ({ okrRun: anOkrRun({ state: 'running' }), task: null }) });
  const { stdout } = await runFermata(['cancel', ids.run, '--reason', 'enough'], { api });
  expect(stdout).toContain(`being cancelled: ${ids.run}`);
  expect(api.asked[0]?.variables['input']).toEqual({ id: ids.run, reason: 'enough' });
});

it('exits 2 for an order about a thing of the wrong kind, without giving it', async () => {
  api = await startFakeApi({});
  for (const args of [
    ['pause', ids.task],
    ['retry', ids.run],
    ['cancel', 'x'],
    ['budget', 'set', ids.approval, '1'],
  ])
    expect(await runFermata(args, { api })).toMatchObject({ code: 2 });
  expect(api.asked).toEqual([]);
});
