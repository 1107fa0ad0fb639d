import { DomainError, type StateTable, statesBefore } from '@fermata/contracts';
import type { Prisma } from './generated/client.js';
import type { Transaction } from './client.js';

/** Models whose rows have an id, a workspace and a state. */
export type StatefulModel =
  'okrRun' | 'task' | 'agentRun' | 'changeRequest' | 'approval' | 'agentStep' | 'effect' | 'budgetReservation';

interface StatefulUpdates {
  okrRun: Prisma.OkrRunUncheckedUpdateManyInput;
  task: Prisma.TaskUncheckedUpdateManyInput;
  agentRun: Prisma.AgentRunUncheckedUpdateManyInput;
  changeRequest: Prisma.ChangeRequestUncheckedUpdateManyInput;
  approval: Prisma.ApprovalUncheckedUpdateManyInput;
  agentStep: Prisma.AgentStepUncheckedUpdateManyInput;
  effect: Prisma.EffectUncheckedUpdateManyInput;
  budgetReservation: Prisma.BudgetReservationUncheckedUpdateManyInput;
}

export interface StateMove<Model extends StatefulModel, State extends string> {
  model: Model;
  id: string;
  workspaceId: string;
  transitions: StateTable<State>;
  to: State;
  /** Narrows the states it may come from; by default all that the table allows. */
  from?: readonly State[];
  /** What changes together with the state. */
  set?: StatefulUpdates[Model];
}

/** What the model delegates have in common; Prisma types each of them apart. */
interface StatefulDelegate {
  updateMany(args: { where: object; data: object }): Promise<{ count: number }>;
  findFirst(args: { where: object; select: { state: true } }): Promise<{ state: string } | null>;
}

/**
 * Changes a state by one conditional update whose guard is the transition table, so the first of two wins.
 *
 * @returns `already` when the row was there before; nothing was changed then
 * @throws DomainError `not_found`; `invalid_transition` naming id, present state and target
 */
export async function moveState<Model extends StatefulModel, State extends string>(
  tx: Transaction,
  move: StateMove<Model, State>,
): Promise<'moved' | 'already'> {
  const { model, id, workspaceId, transitions, to, set } = move;
  const delegate = tx[model] as unknown as StatefulDelegate;
  const from = move.from ?? statesBefore(transitions, to);
  const data = { ...set, state: to };
  const { count } = await delegate.updateMany({ where: { id, workspaceId, state: { in: [...from] } }, data });
  if (count === 1) return 'moved';
  const row = await delegate.findFirst({ where: { id, workspaceId }, select: { state: true } });
  if (!row) throw new DomainError('not_found', `There is no ${model} ${id}.`, { id });
  if (row.state === to) return 'already';
  throw new DomainError('invalid_transition', `${id} is ${row.state} and cannot become ${to}.`, {
    id,
    from: row.state,
    to,
  });
}
