import { EventType, type Failure, type NewEvent, StepState } from '@fermata/contracts';
import type { Transaction } from '../client.js';
import type { AgentRun } from '../generated/client.js';
import { stepMachine } from '../states/machines.js';
import { tryMove } from '../states/move-state.js';
import { jsonColumn } from './json-column.js';

const interrupted: Failure = { code: 'conflict', message: 'The run ended before this step did.' };

/**
 * Ends what a run that ends leaves begun: a model call brought nothing, a tool may or may not have run.
 *
 * @returns the events, for `recordChange`
 */
export async function endOpenSteps(
  tx: Transaction,
  { run, failure }: { run: AgentRun; failure: Failure | null },
): Promise<NewEvent[]> {
  const { id: agentRunId, workspaceId, okrRunId, taskId } = run;
  const open = await tx.agentStep.findMany({ where: { agentRunId, workspaceId, state: StepState.started } });
  const events: NewEvent[] = [];
  for (const { id, index, kind, name } of open) {
    const state = kind === 'tool' ? StepState.unknown : StepState.failed;
    const set = { endedAt: new Date(), failure: jsonColumn(failure ?? interrupted) };
    const { moved } = await tryMove(tx, stepMachine, { id, workspaceId, to: state, set });
    if (!moved) continue;
    const ids = { subjectId: id, okrRunId, agentRunId, ...(taskId && { taskId }) };
    events.push({ type: EventType.stepEnded, ...ids, data: { index, kind, name, state } });
  }
  return events;
}
