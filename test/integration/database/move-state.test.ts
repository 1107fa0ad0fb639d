import type { OkrRunState } from '@fermata/contracts';
import {
  agentRunMachine,
  changeRequestMachine,
  inTransaction,
  moveState,
  okrRunMachine,
  recordChange,
  taskMachine,
  tryMove,
} from '@fermata/database';
import { beforeEach, describe, expect, it } from 'vitest';
import { type MadeOkrRun, makeOkrRun } from '../../support/okr-run.js';
import { useDatabase } from '../../support/postgres.js';

const held = useDatabase();
let made: MadeOkrRun;
beforeEach(async () => void (made = await makeOkrRun(held.database)));

/** As the API and the activities do it. */
function moveRun(to: OkrRunState, set = {}) {
  const { workspaceId, okrRunId: id } = made;
  return inTransaction(held.database, async (tx) => {
    const { moved, row, events } = await moveState(tx, okrRunMachine, { id, workspaceId, to, set });
    await recordChange(tx, { workspaceId, events });
    return { moved, row };
  });
}

const eventsOf = ({ workspaceId }: MadeOkrRun) =>
  held.database.event.findMany({
    where: { workspaceId, type: { endsWith: 'state_changed' } },
    orderBy: { cursor: 'asc' },
  });

describe('a move', () => {
  it('changes the state and what goes with it, and tells', async () => {
    const startedAt = new Date();
    const { moved, row } = await moveRun('awaiting_approval', { startedAt });
    expect({ moved, row }).toMatchObject({ moved: true, row: { state: 'awaiting_approval', startedAt } });
    expect(await eventsOf(made)).toMatchObject([
      {
        type: 'okr_run.state_changed',
        subjectId: made.okrRunId,
        okrRunId: made.okrRunId,
        data: { from: 'drafting', to: 'awaiting_approval' },
      },
    ]);
  });

  it('to where the row is already is no move and tells nothing', async () => {
    await moveRun('cancelled');
    const again = await moveRun('cancelled', { goal: 'another' });
    expect(again).toMatchObject({ moved: false, row: { state: 'cancelled', goal: 'Be quicker' } });
    expect(await eventsOf(made)).toHaveLength(1);
  });

  it('that the table does not allow is refused, naming the row and both states', async () => {
    await expect(moveRun('completed')).rejects.toMatchObject({
      code: 'invalid_transition',
      message: `The OKR run ${made.okrRunId} is drafting and cannot become completed.`,
      details: { id: made.okrRunId, from: 'drafting', to: 'completed' },
    });
    expect(await eventsOf(made)).toEqual([]);
  });

  it('can be narrowed to states it may come from', async () => {
    const { workspaceId, okrRunId: id } = made;
    const move = { id, workspaceId, to: 'paused' as const };
    await expect(moveState(held.database, okrRunMachine, { ...move, from: ['running'] })).rejects.toMatchObject({
      code: 'invalid_transition',
    });
    expect(await tryMove(held.database, okrRunMachine, { ...move, from: ['running'] })).toMatchObject({ moved: false });
    expect(await tryMove(held.database, okrRunMachine, { ...move, from: ['drafting'] })).toMatchObject({ moved: true });
  });

  it('is made by one of many who try at once', async () => {
    const results = await Promise.all(Array.from({ length: 8 }, () => moveRun('awaiting_approval')));
    expect(results.filter(({ moved }) => moved)).toHaveLength(1);
    expect(await eventsOf(made)).toHaveLength(1);
  });

  it('of a race between two ends has one winner, and the other is told', async () => {
    const results = await Promise.allSettled([moveRun('failed'), moveRun('cancelled')]);
    expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(await eventsOf(made)).toHaveLength(1);
  });

  it('finds no row of another workspace', async () => {
    const other = await makeOkrRun(held.database);
    const move = { id: made.okrRunId, workspaceId: other.workspaceId, to: 'cancelled' as const };
    await expect(moveState(held.database, okrRunMachine, move)).rejects.toMatchObject({ code: 'not_found' });
    expect((await moveRun('paused')).moved).toBe(true);
  });

  it('of a task, an agent run and a change request says what it belongs to', async () => {
    const { workspaceId, okrRunId, taskId, agentRunId, changeRequestId } = made;
    const task = await moveState(held.database, taskMachine, { id: taskId, workspaceId, to: 'doing' });
    const run = await moveState(held.database, agentRunMachine, { id: agentRunId, workspaceId, to: 'running' });
    const data = { commit: 'abc' };
    const change = await moveState(held.database, changeRequestMachine, {
      ...{ id: changeRequestId, workspaceId, to: 'open' as const, data },
    });
    expect([...task.events, ...run.events, ...change.events]).toEqual([
      { type: 'task.state_changed', subjectId: taskId, okrRunId, taskId, data: { from: 'todo', to: 'doing' } },
      {
        ...{ type: 'agent_run.state_changed', subjectId: agentRunId, okrRunId, taskId, agentRunId },
        data: { from: 'queued', to: 'running' },
      },
      {
        ...{ type: 'change_request.state_changed', subjectId: changeRequestId, okrRunId, taskId },
        data: { from: 'preparing', to: 'open', commit: 'abc' },
      },
    ]);
  });
});
