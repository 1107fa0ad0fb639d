import { DomainError } from '@fermata/contracts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type FakeApi, startFakeApi } from '../testing/fake-api.fixture.js';
import { aRepository, ids } from '../testing/rows.fixture.js';
import { runFermata } from '../testing/run-fermata.fixture.js';

let api: FakeApi;
/** What the API answers, one after the other. */
let answers: (() => unknown)[];

beforeEach(async () => {
  api = await startFakeApi({ addRepository: () => (answers.shift() ?? added)() });
});
afterEach(() => api.close());

const added = () => ({ repository: aRepository() });
const tooLong = (details: { underWay?: true }) => () => {
  throw new DomainError('timeout', 'It took too long.', details);
};
const inputs = () => api.asked.map(({ variables }) => variables['input'] as { clientRequestId: string });

describe('repo add', () => {
  it('asks again with the same key while a large repository is being fetched, and says so', async () => {
    answers = [tooLong({ underWay: true }), tooLong({ underWay: true })];
    const { code, stdout, stderr } = await runFermata(['repo', 'add', '/srv/shop', '--json'], { api });
    expect({ code, id: (JSON.parse(stdout) as { repository: { id: string } }).repository.id }).toEqual({
      ...{ code: 0, id: ids.repository },
    });
    expect(stderr.match(/still being looked at/gi)).toHaveLength(2);
    expect(new Set(inputs().map(({ clientRequestId }) => clientRequestId)).size).toBe(1);
    expect(inputs()).toHaveLength(3);
  });

  it('does not ask again when it ended without an answer', async () => {
    answers = [tooLong({})];
    const { code, stderr } = await runFermata(['repo', 'add', '/srv/shop'], { api });
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining('It took too long.') as string });
    expect(inputs()).toHaveLength(1);
  });
});
