import { AgentPreset, defaultPolicy } from '@fermata/contracts';
import { repositoriesFor } from '@fermata/database';
import { describe, expect, inject, it } from 'vitest';
import { createActivityWorld, planApproved, planOf, taskBegun, type WorldOptions } from '../support/activity-world.js';
import { type Deed, script } from '../support/agent-scripts.js';
import { useDatabase } from '../support/postgres.js';

const held = useDatabase({ poolSize: 20 });

async function working(preset: AgentPreset, deeds: readonly Deed[], options: WorldOptions = {}) {
  let worktree = '';
  const world = await createActivityWorld(held.database, {
    contained: true,
    script: script(preset, deeds, () => worktree),
    agentsDir: inject('agentsDir'),
    ...options,
  });
  const { one } = await planApproved(world, planOf(['one']));
  const { agents } = repositoriesFor(world.database, world.workspaceId);
  const agent = await agents.getByName('default');
  await agents.save({ ...agent, runtime: 'acp', launch: { preset } }, { savedBy: world.principalId });
  const { agentRunId } = await taskBegun(world, one!);
  const row = await world.database.agentRun.findUniqueOrThrow({ where: { id: agentRunId } });
  worktree = world.deps.git.worktreePath(row.worktreeId!);
  const steps = () => world.database.agentStep.findMany({ where: { agentRunId }, orderBy: { index: 'asc' } });
  const run = () => world.database.agentRun.findUniqueOrThrow({ where: { id: agentRunId } });
  return { world, agentRunId, taskId: one!, worktree, steps, run };
}

const begin = { reason: { because: 'begin' }, stepLimit: 200 } as const;
const everything = { ...defaultPolicy, mode: 'full' } as const;

describe.each(Object.values(AgentPreset))('%s', (preset) => {
  it('works in its sandbox on the models of the gateway, and hands in its result', async () => {
    const deeds: Deed[] = [
      { run: 'echo hi > by-shell.txt' },
      { write: 'by-edit.txt', content: 'hello' },
      { finish: 'Done.' },
    ];
    const { world, agentRunId, steps, run } = await working(preset, deeds, { policy: everything });
    expect(await world.run('runSegment', { agentRunId, ...begin })).toEqual({ outcome: 'finished' });
    expect((await run()).result).toEqual({ summary: 'Done.' });
    const taken = await steps();
    console.log(
      preset,
      taken.map(({ index, kind, name, state, costMicros }) => [index, kind, name, state, costMicros]),
    );
    expect(taken.filter(({ kind, state }) => kind === 'model' && state === 'succeeded').length).toBeGreaterThanOrEqual(
      3,
    );
    expect(taken.filter(({ kind, state }) => kind === 'tool' && state === 'succeeded').length).toBeGreaterThanOrEqual(
      3,
    );
  });
});
