import type { AgentRunKind, Json } from '@fermata/contracts';
import { checkResult } from '@fermata/core/agents';
import type { Workspace } from '../workspace.js';
import type { AgentRunRow } from './conversation.js';

interface ResultOwner {
  workspace: Workspace;
  run: Pick<AgentRunRow, 'id' | 'kind' | 'taskId'>;
}

/** Takes what an agent of any kind hands in as the result of its run. Gives what is wrong with it; nothing: it is accepted. */
export async function handIn({ workspace, run }: ResultOwner, input: Json): Promise<readonly string[]> {
  const checked = checkResult(run.kind as AgentRunKind, input);
  if ('problems' in checked) return checked.problems;
  await workspace.agentRuns.saveResult(run.id, checked.result as unknown as Json);
  if (run.taskId !== null && 'summary' in checked.result && run.kind !== 'review') {
    await workspace.tasks.recordSummary(run.taskId, checked.result.summary);
  }
  return [];
}

/** What it is told of what is wrong. */
export const refusalWords = (problems: readonly string[]): string => `Refused:\n${problems.join('\n')}`;
