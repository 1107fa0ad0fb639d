/** Rows as the API gives them, whole enough for every document of the command. */
const id = (prefix: string, last: string) => `${prefix}_${last.padStart(26, '0')}`;

export const ids = {
  run: id('okr', '1'),
  otherRun: id('okr', '2'),
  task: id('task', '1'),
  repository: id('repo', '1'),
  agent: id('agt', '1'),
  approval: id('apr', '1'),
  otherApproval: id('apr', '2'),
  agentRun: id('run', '1'),
  changeRequest: id('cr', '1'),
  otherChangeRequest: id('cr', '2'),
};

const then = '2026-01-31T09:30:00.000Z';

type Row = Record<string, unknown>;

export function aRepository(over: Row = {}): Row {
  return {
    ...{ __typename: 'Repository', id: ids.repository, name: 'shop', location: '/srv/shop', defaultBranch: 'main' },
    ...{ forge: 'local', gateSource: 'detected', setupCommands: [], createdAt: then },
    gates: [{ name: 'test', command: 'npm test', timeoutMs: 1000 }],
    ...over,
  };
}

export function anAgent(over: Row = {}): Row {
  return {
    ...{ __typename: 'Agent', id: ids.agent, name: 'default', runtime: 'api', model: 'scripted' },
    ...{ maxSteps: 80, maxWorkMs: 14_400_000, maxOutputTokens: 16_000, instructions: '', launch: null, policy: {} },
    ...{ createdAt: then, mcpServers: [] },
    ...over,
  };
}

const cost = {
  ...{ micros: 12_345, estimated: false, estimatedMicros: null, inputTokens: 1, outputTokens: 1 },
  ...{ cacheReadTokens: 0, cacheWriteTokens: 0 },
};

export function aTask(over: Row = {}): Row {
  return {
    ...{ __typename: 'Task', id: ids.task, key: 'parse', title: 'Parse prices', state: 'doing', attempts: 1 },
    ...{ createdAt: then, startedAt: then, endedAt: null, cost, failure: null, waitingOn: null, instructions: 'Do.' },
    ...{ cancelRequestedAt: null, cancelReason: null },
    ...{ acceptanceCriteria: [], verificationSteps: [], predictedPaths: [], priority: 0, position: 0 },
    ...{ dependsOn: [], agentRuns: [], gates: [], reviews: [], changeRequests: [], okrRun: { id: ids.run, goal: 'g' } },
    ...{ assignee: anAgent(), repository: aRepository() },
    ...over,
  };
}

export function anOkrRun(over: Row = {}): Row {
  return {
    ...{ __typename: 'OkrRun', id: ids.run, goal: 'Sell more', state: 'running', createdAt: then, startedAt: then },
    ...{ endedAt: null, objective: { id: 'obj', title: 'Sell twice as much', description: 'Because.' } },
    ...{ repository: aRepository(), cost, budget: null, failure: null, waitingOn: null, approvalMode: 'REQUIRED' },
    ...{
      cancelRequestedAt: null,
      cancelReason: null,
      createdBy: 'prn',
      maxParallelTasks: 3,
      pausedFrom: null,
      planDigest: null,
    },
    ...{ planRevision: 0, agent: anAgent(), approval: null, keyResults: [], tasks: [aTask()], agentRuns: [] },
    ...{ changeRequests: [], clientRequestId: 'c', report: null },
    ...over,
  };
}

export const planDetail = {
  goal: 'Sell more',
  objective: { title: 'Sell twice as much', description: 'Because.' },
  keyResults: [
    {
      ...{ title: 'Tests', unit: 'tests', statedBaseline: 1, target: 5, direction: 'increase' },
      measure: { kind: 'command', command: 'npm test', read: { type: 'exit_code' }, timeoutMs: 1000 },
    },
  ],
  tasks: [
    {
      ...{ key: 'parse', title: 'Parse prices', instructions: 'Write it.', acceptanceCriteria: ['It parses.'] },
      ...{ verificationSteps: [], dependsOn: [], predictedPaths: ['src/parse.js'] },
    },
  ],
  revision: 0,
  repository: { name: 'shop', location: '/srv/shop', defaultBranch: 'main', gateSource: 'none' },
  gates: [],
  estimatedMicros: 2_450_000,
  budgetMicros: null,
};

export function anApproval(over: Row = {}): Row {
  return {
    ...{ __typename: 'Approval', id: ids.approval, kind: 'plan', state: 'pending', title: 'Run the plan?' },
    ...{ detail: planDetail, digest: 'a'.repeat(64), requestedAt: then, requestedBy: 'fermata' },
    ...{ expiresAt: '2036-01-31T09:30:00.000Z', decidedAt: null, decidedBy: null, reason: null, answer: null },
    ...{ subjectId: ids.run, okrRun: anOkrRun({ state: 'awaiting_approval' }), task: null, agentRun: null },
    waitingOn: null,
    ...over,
  };
}

export function anEvent(place: number, type: string, over: Row = {}): Row {
  return {
    ...{ cursor: `cursor-${place}`, type, at: then, subjectId: ids.run, okrRunId: ids.run, taskId: null },
    ...{ agentRunId: null, data: {} },
    ...over,
  };
}

export function aPage(nodes: readonly unknown[], endCursor: string | null = null): Row {
  return { nodes, edges: [], pageInfo: { hasNextPage: endCursor !== null, endCursor } };
}
