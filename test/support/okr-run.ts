import {
  type ApprovalRequest,
  AgentRunState,
  AgentRuntime,
  ChangeRequestState,
  defaultPolicy,
  OkrRunState,
  TaskState,
} from '@fermata/contracts';
import { type Database, newId, repositoriesFor } from '@fermata/database';
import { makeWorkspace } from './postgres.js';

/** A workspace with a repository, an agent, and an OKR run with one task, one agent run and one change request. */
export async function makeOkrRun(database: Database) {
  const { workspaceId, principalId } = await makeWorkspace(database);
  const { repositories, agents } = repositoriesFor(database, workspaceId);
  const agent = await agents.ensureDefault({
    ...{ name: 'default', runtime: AgentRuntime.api, model: 'scripted', instructions: '' },
    ...{
      maxSteps: 40,
      maxWorkMs: 3_600_000,
      maxOutputTokens: 8_000,
      policy: defaultPolicy,
      launch: null,
      mcpServers: [],
    },
  });
  const repository = await repositories.add(
    {
      ...{ name: 'demo', location: '/srv/demo', forge: 'local', defaultBranch: 'main', gateSource: 'declared' },
      ...{ setupCommands: [], gates: [{ name: 'test', command: 'npm test', timeoutMs: 60_000 }] },
    },
    { addedBy: principalId },
  );
  const ids = {
    ...{ workspaceId, principalId, agentId: agent.id, repositoryId: repository.id },
    ...{ okrRunId: newId('okr'), taskId: newId('task'), agentRunId: newId('run'), changeRequestId: newId('cr') },
  };
  await insertRows(database, ids);
  return ids;
}

export type MadeOkrRun = Awaited<ReturnType<typeof makeOkrRun>>;

async function insertRows(database: Database, ids: MadeOkrRun): Promise<void> {
  const { workspaceId, okrRunId, taskId, agentId, repositoryId } = ids;
  const common = { workspaceId, createdAt: new Date() };
  await database.okrRun.create({
    data: {
      ...{ ...common, id: okrRunId, repositoryId, agentId, goal: 'Be quicker', approvalMode: 'required' },
      ...{ clientRequestId: okrRunId, requestDigest: 'd', state: OkrRunState.drafting },
      ...{ maxParallelTasks: 2, createdBy: ids.principalId },
    },
  });
  await database.task.create({
    data: {
      ...{ ...common, id: taskId, okrRunId, repositoryId, agentId, key: 'one', position: 0, title: 'One' },
      ...{ instructions: 'Do it', acceptanceCriteria: [], verificationSteps: [], predictedPaths: [] },
      state: TaskState.todo,
    },
  });
  await database.agentRun.create({
    data: {
      ...{ ...common, id: ids.agentRunId, okrRunId, taskId, agentId, key: `${taskId}:1:work:0`, kind: 'work' },
      ...{ round: 0, attempt: 1, state: AgentRunState.queued, runtime: 'api', model: 'scripted' },
      ...{ briefDigest: 'b', systemDigest: 's', maxSteps: 40, maxOutputTokens: 8_000 },
    },
  });
  await database.changeRequest.create({
    data: {
      ...{ ...common, id: ids.changeRequestId, okrRunId, taskId, attempt: 1, repositoryId, kind: 'local' },
      ...{ state: ChangeRequestState.preparing, branch: 'fermata/one', targetBranch: 'main', title: 'One' },
      ...{ body: '', baseCommit: 'a', headCommit: 'b' },
    },
  });
}

/** A question about the plan of a run, unless told otherwise. */
export function approvalRequest({ okrRunId }: MadeOkrRun, changes: Partial<ApprovalRequest> = {}): ApprovalRequest {
  return {
    ...{ subjectId: okrRunId, kind: 'plan', digest: 'digest-1', title: 'May it run?', detail: { tasks: 1 } },
    ...{ expiresInMs: 600_000, workflowId: okrRunId, okrRunId },
    ...changes,
  };
}
