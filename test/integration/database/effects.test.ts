import { repositoriesFor } from '@fermata/database';
import { beforeEach, describe, expect, it } from 'vitest';
import { makeWorkspace, useDatabase } from '../../support/postgres.js';

const held = useDatabase();
let workspaceId: string;
beforeEach(async () => void ({ workspaceId } = await makeWorkspace(held.database)));

const effects = () => repositoriesFor(held.database, workspaceId).effects;
const push = { kind: 'branch.push', key: 'task_1:1:push', subjectId: 'task_1', intent: { branch: 'fermata/one' } };

describe('an effect', () => {
  it('is intended, done and settled', async () => {
    expect(await effects().intend(push)).toMatchObject({ state: 'intended', result: null, attempts: 1, isNew: true });
    await effects().settle(push.key, { commit: 'abc' });
    expect(await effects().intend(push)).toMatchObject({ state: 'done', result: { commit: 'abc' }, isNew: false });
  });

  it('intended again after a crash is not new, and counts its attempts', async () => {
    await effects().intend(push);
    const again = await effects().intend({ ...push, intent: { branch: 'ignored' } });
    expect(again).toMatchObject({ state: 'intended', isNew: false, attempts: 2, intent: push.intent });
  });

  it('is new to one of many who intend it at once', async () => {
    const results = await Promise.all(Array.from({ length: 10 }, () => effects().intend(push)));
    expect(results.filter(({ isNew }) => isNew)).toHaveLength(1);
  });

  it('keeps its first result', async () => {
    await effects().intend(push);
    await effects().settle(push.key, { commit: 'abc' });
    await effects().settle(push.key, { commit: 'other' });
    expect(await effects().intend(push)).toMatchObject({ result: { commit: 'abc' }, attempts: 1 });
  });

  it('that was abandoned cannot have happened, and the other way round', async () => {
    await effects().intend(push);
    await effects().abandon(push.key, 'the branch is gone');
    await effects().abandon(push.key, 'again');
    expect(await effects().intend(push)).toMatchObject({
      state: 'abandoned',
      result: { reason: 'the branch is gone' },
    });
    await expect(effects().settle(push.key, {})).rejects.toMatchObject({ code: 'invalid_transition' });

    const done = { ...push, key: 'task_1:2:push' };
    await effects().intend(done);
    await effects().settle(done.key, {});
    await expect(effects().abandon(done.key, 'no')).rejects.toMatchObject({ code: 'invalid_transition' });
  });

  it('cannot share its key with another one', async () => {
    await effects().intend(push);
    await expect(effects().intend({ ...push, kind: 'target.move' })).rejects.toMatchObject({
      code: 'idempotency_mismatch',
    });
    await expect(effects().settle('unknown', {})).rejects.toMatchObject({ code: 'not_found' });
  });

  it('whose outcome nobody recorded is found by its subject', async () => {
    await effects().intend(push);
    await effects().intend({ ...push, key: 'settled' });
    await effects().settle('settled', {});
    expect(await effects().openOf(push.subjectId)).toMatchObject([{ key: push.key }]);
    expect(await effects().openOf('task_other')).toEqual([]);
  });
});
