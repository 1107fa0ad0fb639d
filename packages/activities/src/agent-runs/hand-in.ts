import type { AgentRunKind, Json, JsonObject } from '@fermata/contracts';
import { checkResult } from '@fermata/core/agents';
import type { Workspace } from '../workspace.js';
import type { AgentRunRow } from './conversation.js';

interface ResultOwner {
  workspace: Workspace;
  run: Pick<AgentRunRow, 'id' | 'kind' | 'taskId' | 'resultSchema'>;
}

/** Takes what an agent of any kind hands in as the result of its run. Gives what is wrong with it; nothing: it is accepted. */
export async function handIn({ workspace, run }: ResultOwner, input: Json): Promise<readonly string[]> {
  const checked = checkResult(run.kind as AgentRunKind, input, run.resultSchema as JsonObject | null);
  if ('problems' in checked) return checked.problems;
  await workspace.agentRuns.saveResult(run.id, checked.result as unknown as Json);
  if (run.taskId !== null && 'summary' in checked.result && speaksForTask(run)) {
    await workspace.tasks.recordSummary(run.taskId, checked.result.summary);
  }
  return [];
}

/** A reviewer says what it thinks of the work, a subtask what it did of it. */
const speaksForTask = ({ kind }: Pick<AgentRunRow, 'kind'>): boolean => kind === 'work' || kind === 'repair';

/** What it is told of what is wrong. */
export const refusalWords = (problems: readonly string[]): string => `Refused:\n${problems.join('\n')}`;
