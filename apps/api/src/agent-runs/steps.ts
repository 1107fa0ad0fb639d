import type { ModelChoice } from '@fermata/contracts';
import { DomainError } from '@fermata/contracts';
import type { AgentRunRow, AgentStepRow } from '@fermata/database/reading';
import { type Connection, type PageArgs, pageRequest, toConnection } from '../common/connection.js';
import type { Loaders } from '../common/loaders.js';

/**
 * One page of a run's steps; its cursors are the steps' indexes.
 * @throws DomainError `invalid_input` for a cursor of another list
 */
export async function stepsOf(run: AgentRunRow, args: PageArgs, load: Loaders): Promise<Connection<AgentStepRow>> {
  const { first, after } = pageRequest(args);
  const index = after === null ? null : Number(after);
  if (index !== null && !(Number.isInteger(index) && index < 2 ** 31)) {
    throw new DomainError('invalid_input', 'the cursor belongs to another list; give one that came with a step');
  }
  const page = await load.stepsOfAgentRun(run.id, { first, after: index });
  return toConnection(page ?? { rows: [], hasNextPage: false }, (step) => String(step.index));
}

/** The sentence of a choice of model as it is stored. */
export function reasonIn(choice: unknown): string | null {
  return (choice as ModelChoice | null)?.reason ?? null;
}
