import { rename } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { useFermata } from '../support/fermata.js';
import { order, readRun, runEnd, runWhere } from '../support/goals.js';
import { useModel } from '../support/model.js';
import { expectUnharmed, inModelCall, type Position } from '../support/positions.js';

const model = useModel();
const fermata = useFermata(() => model.environment());
const stage = { fermata, model };

/** The folder of the repository is renamed while its agent is at work, and the agent finishes. */
async function takenAway(name: string): Promise<Position & { away: string }> {
  const position = await inModelCall(stage, name);
  await position.arrived();
  const away = `${position.location}.away`;
  await rename(position.location, away);
  await position.letGo();
  await runWhere(fermata.held, position.okrRunId, {
    what: 'waiting for its repository',
    is: ({ waitingOn }) => waitingOn?.kind === 'retry' && waitingOn.detail.includes(position.location),
  });
  return { ...position, away };
}

describe('a repository that is not where it was', () => {
  it('is waited for, says who can help, and the run goes on when it is back', async () => {
    const position = await takenAway('moved');
    const { state, waitingOn } = await readRun(fermata.held, position.okrRunId);
    expect(state).toBe('running');
    expect(waitingOn?.releasableBy).toEqual(['operator']);
    expect(waitingOn?.detail).toContain('Put it back where it was');
    await rename(position.away, position.location);
    await expectUnharmed(stage, position);
  });

  it('does not keep a run from being cancelled', async () => {
    const position = await takenAway('given-up');
    await order(fermata.held, 'cancelRun', position.okrRunId);
    const { state, tasks, report } = await runEnd(fermata.held, position.okrRunId);
    expect(state).toBe('cancelled');
    expect(tasks).toMatchObject([{ state: 'partial_done' }]);
    expect(report?.tasks).toMatchObject([{ keptBranch: tasks[0]?.branch }]);
  });
});
