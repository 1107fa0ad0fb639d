import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import {
  type ActivityDeps,
  BackgroundCheckpoints,
  createActivities,
  createGatewayPorts,
  type RunNudger,
  RunningSegments,
  toApplicationFailure,
  type WorkLimits,
} from '@fermata/activities';
import {
  type AgentPolicy,
  type AgentRunId,
  type CallRef,
  defaultCircuitLimits,
  defaultPolicy,
  type GateDefinition,
  type McpServer,
  type MicroUsd,
  type OkrRunId,
  type Plan,
  type RepositoryId,
  type TaskId,
} from '@fermata/contracts';
import { catalogue } from '@fermata/contracts/models';
import { type Gateway, startGateway } from '@fermata/core/gateway';
import { createGit, type Git } from '@fermata/core/git';
import { McpSessions } from '@fermata/core/mcp';
import { chooseUpstream, createModelClient, resolveModel, upstreamRefOf } from '@fermata/core/models';
import { createPolicyEngine } from '@fermata/core/policy';
import { scrubbedEnvironment } from '@fermata/core/processes';
import { createSandboxes, detectContainment, type Sandboxes, withoutSandboxes } from '@fermata/core/sandbox';
import { createBackgroundProcesses } from '@fermata/core/tools';
import {
  BlobCache,
  createAgentRunRepository,
  createLocator,
  createSecretCipher,
  type Database,
  openKeyRing,
  repositoriesFor,
  type SecretCipher,
} from '@fermata/database';
import { submitGoal } from '@fermata/database/orders';
import { type ScriptedModelServer, type ScriptFunction, startScriptedModel } from '@fermata/scripted-model';
import { ApplicationFailure } from '@temporalio/common';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { afterEach } from 'vitest';
import { makeWorkspace } from './postgres.js';

type Activities = ReturnType<typeof createActivities>;

/** A user's repository in a temporary folder. */
export interface UserRepository {
  path: string;
  git: (...args: string[]) => string;
  write: (file: string, content: string) => void;
  read: (file: string) => string;
  /** Commits everything and returns the id. */
  commit: (message: string) => string;
}

export interface CallOptions {
  attempt?: number;
  /** Gets the environment before the activity runs: to cancel it, or to listen to its heartbeats. */
  watch?: (environment: MockActivityEnvironment) => void;
}

/** One workspace with a repository, an agent and an OKR run, and every activity over real parts. */
export interface ActivityWorld {
  database: Database;
  deps: ActivityDeps;
  activities: Activities;
  workspaceId: string;
  principalId: string;
  repositoryId: RepositoryId;
  okrRunId: OkrRunId;
  repository: UserRepository;
  dataDir: string;
  model: ScriptedModelServer;
  /** What was started, woken and asked to end. */
  nudges: string[];
  /** Workflows that are running, as far as Temporal knows. */
  running: Set<string>;
  /** OKR runs whose workflow was started before. */
  startedBefore: Set<string>;
  /** Runs an activity as a worker does, failures translated. */
  run: <Name extends keyof Activities>(
    name: Name,
    input: Parameters<Activities[Name]>[0],
    options?: CallOptions,
  ) => Promise<Awaited<ReturnType<Activities[Name]>>>;
}

export interface WorldOptions {
  script?: ScriptFunction;
  gates?: readonly GateDefinition[];
  setupCommands?: readonly string[];
  approvalMode?: 'required' | 'auto';
  budgetMicros?: MicroUsd | null;
  limits?: Partial<WorkLimits>;
  /** Programs run in sandboxes. Fails where there can be none. */
  contained?: boolean;
  /** What the worker's own environment has; tools see what is left after scrubbing. */
  environment?: Readonly<Record<string, string>>;
  /** How long an activity waits for a lock of git before it fails. */
  lockPatienceMs?: number;
  policy?: AgentPolicy;
  /** With the keys of the installation; by itself, with a key of its own. */
  cipher?: SecretCipher;
  mcpServers?: readonly McpServer[];
  /** Where the programs of agents are. */
  agentsDir?: string;
  /** Agents may use logins of their own: with files below `home`. */
  allowsOwnLogin?: boolean;
}

/** Failures are what the tests are about: they need no line each. */
const quiet = new DefaultLogger('ERROR');
const endings: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of endings.splice(0).reverse()) await end();
});

const patience: WorkLimits = {
  ...{ maxRepairRounds: 2, maxReviewRounds: 2, toolOutputBytes: 4_096 },
  ...{ questionExpiresInMs: 600_000, setupTimeoutMs: 60_000, modelSilentAfterMs: 20_000 },
  circuit: defaultCircuitLimits,
};

/** Everything is gone after the test. */
export async function createActivityWorld(database: Database, options: WorldOptions = {}): Promise<ActivityWorld> {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'fermata-activities-')));
  endings.push(() => rmSync(root, { recursive: true, force: true, maxRetries: 3 }));
  const env = { PATH: process.env['PATH'] ?? '', HOME: join(root, 'home'), ...options.environment };
  const repository = createUserRepository(join(root, 'repository'), env);
  const model = await startScriptedModel({ script: options.script ?? (() => undefined) });
  endings.push(() => model.close());
  const rows = await insertRows(database, repository.path, options);
  const told = { nudges: [] as string[], running: new Set<string>(), startedBefore: new Set<string>() };
  const segments = new RunningSegments();
  const background = createBackgroundProcesses({ lifetimeMs: 600_000 });
  endings.push(() => background.close());
  const { lockPatienceMs } = options;
  const git = createGit({ dataDir: join(root, 'data'), env, ...(lockPatienceMs !== undefined && { lockPatienceMs }) });
  const mcpSessions = new McpSessions();
  endings.push(() => mcpSessions.close());
  const deps: ActivityDeps = {
    database,
    locate: createLocator(database),
    blobCache: new BlobCache(1_000_000),
    checkpoints: new BackgroundCheckpoints(),
    cipher: options.cipher ?? createSecretCipher(openKeyRing({ list: `one:${randomBytes(32).toString('base64')}` })),
    background,
    policy: createPolicyEngine(),
    hostId: 'host1',
    home: env.HOME,
    git,
    sandboxes: await sandboxesOf(options, { git, dataDir: join(root, 'data'), env }),
    modelNamed: modelsAt(model.anthropicBaseUrl),
    mcpSessions,
    catalogue,
    gateway: await gatewayTo({ database, segments }, model.anthropicBaseUrl),
    segments,
    agentsDirs: options.agentsDir === undefined ? [] : [options.agentsDir],
    allowsOwnLogin: options.allowsOwnLogin ?? false,
    nudger: recordingNudger(told),
    limits: { ...patience, ...options.limits },
  };
  const activities = createActivities(deps);
  const run: ActivityWorld['run'] = (name, input, called) => runActivity(activities[name] as never, input, called);
  return { database, deps, activities, ...rows, repository, dataDir: join(root, 'data'), model, ...told, run };
}

async function sandboxesOf(
  { contained = false }: WorldOptions,
  { git, dataDir, env }: { git: Git; dataDir: string; env: Record<string, string> },
): Promise<Sandboxes> {
  const environment = scrubbedEnvironment(env, { FERMATA_HOST: 'host1' });
  if (!contained) return withoutSandboxes(environment);
  const report = await detectContainment(process.env);
  if (report.reason !== null) throw new Error(`no sandbox here: ${report.reason}`);
  const limits = { memoryBytes: 4 * 1024 ** 3, processes: 256, cpuSeconds: 600, fileBytes: 1024 ** 3 };
  const network = { hosts: { work: [], setup: [] } };
  return createSandboxes({
    report,
    git,
    dataDir,
    environment,
    secret: [],
    readable: [],
    writable: [],
    limits,
    network,
  });
}

function modelsAt(anthropicBaseUrl: string): ActivityDeps['modelNamed'] {
  return async (name) => {
    const { endpoint, model: facts } = resolveModel(name, { anthropicBaseUrl, anthropicApiKey: 'any' });
    return { name, facts, client: createModelClient(endpoint), upstream: upstreamRefOf(facts, endpoint) };
  };
}

async function gatewayTo(
  known: { database: Database; segments: RunningSegments },
  anthropicBaseUrl: string,
): Promise<Gateway> {
  const settings = { anthropicBaseUrl, anthropicApiKey: 'the-real-key' };
  const ports = createGatewayPorts({
    ...known,
    upstreamOf: async (_workspace, wanted) => chooseUpstream(wanted, settings),
    circuit: defaultCircuitLimits,
    onFailure: (doing, error) => console.error(`the gateway failed: ${doing}`, error),
  });
  const gateway = await startGateway({ ports, limits: { askAgainMs: 50, bookAgainMs: 20 } });
  endings.push(() => gateway.close());
  return gateway;
}

type Told = Pick<ActivityWorld, 'nudges' | 'running' | 'startedBefore'>;

function recordingNudger({ nudges, running, startedBefore }: Told): RunNudger {
  return {
    startOkrRun: async ({ id }) => nudges.push(`start ${id}`) > 0 && !startedBefore.has(id),
    ordersChanged: async (workflowId) => void nudges.push(`orders ${workflowId}`),
    approvalDecided: async (workflowId, approvalId) => void nudges.push(`decided ${workflowId} ${approvalId}`),
    landingTurn: async (workflowId) => void nudges.push(`turn ${workflowId}`),
    isRunning: async (workflowId) => running.has(workflowId),
    cancel: async (workflowId) => void nudges.push(`cancel ${workflowId}`),
  };
}

async function runActivity<Input, Result>(
  activity: (input: Input) => Promise<Result>,
  input: Input,
  { attempt = 1, watch }: CallOptions = {},
): Promise<Result> {
  const environment = new MockActivityEnvironment({ attempt }, { logger: quiet });
  watch?.(environment);
  return environment.run(async () => {
    try {
      return await activity(input);
    } catch (error) {
      throw toApplicationFailure(error);
    }
  });
}

function createUserRepository(path: string, env: Record<string, string>): UserRepository {
  mkdirSync(path, { recursive: true });
  const identity = ['-c', 'user.name=Somebody', '-c', 'user.email=somebody@example.com'];
  const git = (...args: string[]): string =>
    execFileSync('git', ['-C', path, ...identity, ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] })
      .toString()
      .trim();
  git('init', '-q', '-b', 'main');
  const repository: UserRepository = {
    path,
    git,
    read: (file) => readFileSync(join(path, file), 'utf8'),
    write: (file, content) => {
      mkdirSync(dirname(join(path, file)), { recursive: true });
      writeFileSync(join(path, file), content);
    },
    commit: (message) => {
      git('add', '-A');
      git('commit', '-q', '--allow-empty', '-m', message);
      return git('rev-parse', 'HEAD');
    },
  };
  repository.write('README.md', '# Demo\n');
  repository.write('.gitignore', 'ignored/\n');
  repository.commit('Begin');
  return repository;
}

async function insertRows(database: Database, location: string, options: WorldOptions) {
  const { workspaceId, principalId } = await makeWorkspace(database);
  const { repositories, agents } = repositoriesFor(database, workspaceId);
  await agents.ensureDefault({
    ...{ name: 'default', runtime: 'api', model: 'scripted', instructions: '' },
    ...{ maxSteps: 40, maxWorkMs: 3_600_000, maxOutputTokens: 1_000, policy: options.policy ?? defaultPolicy },
    ...{ launch: null, mcpServers: options.mcpServers ?? [] },
  });
  const { id: repositoryId } = await repositories.add(
    {
      ...{ name: 'demo', location, forge: 'local', defaultBranch: 'main', gateSource: 'declared' },
      ...{ setupCommands: options.setupCommands ?? [], gates: options.gates ?? [] },
    },
    { addedBy: principalId },
  );
  const { approvalMode = 'required', budgetMicros = null } = options;
  const goal = { repositoryId, goal: 'Be quicker', agent: 'default', approvalMode, budgetMicros, maxParallelTasks: 2 };
  const run = await submitGoal(database, { workspaceId, principalId }, { ...goal, clientRequestId: 'once' });
  return { workspaceId, principalId, repositoryId, okrRunId: run.id as OkrRunId };
}

/** A plan with the given tasks, each `key` or `key<dependency`, and one key result unless told otherwise. */
export function planOf(tasks: readonly string[], keyResults?: Plan['keyResults']): Plan {
  return {
    objective: { title: 'Be quicker', description: 'Quicker than before.' },
    keyResults: keyResults ?? [
      {
        ...{ title: 'Tasks merged', unit: '%', statedBaseline: null, target: 100, direction: 'increase' },
        measure: { kind: 'tasks' },
      },
    ],
    tasks: tasks.map((task) => {
      const [key = '', ...dependsOn] = task.split('<');
      return {
        ...{ key, title: `Task ${key}`, instructions: `Do ${key}`, acceptanceCriteria: ['It is done'] },
        ...{ verificationSteps: [], dependsOn, predictedPaths: [] },
      };
    }),
  };
}

/** The planner's run of a world, ended with a plan. */
export async function planDrafted(world: ActivityWorld, plan: Plan): Promise<AgentRunId> {
  const { agentRunId } = await world.run('queuePlanning', { okrRunId: world.okrRunId });
  await world.run('beginAgentRun', { agentRunId });
  await createAgentRunRepository(world.database, world.workspaceId).saveResult(agentRunId, plan as never);
  await world.run('endAgentRun', { agentRunId, state: 'succeeded', failure: null });
  return agentRunId;
}

/** A world's run with its plan adopted and approved. Returns the ids of the tasks by their keys. */
export async function planApproved(world: ActivityWorld, plan: Plan): Promise<Record<string, TaskId>> {
  const agentRunId = await planDrafted(world, plan);
  const { okrRunId } = world;
  const { approvalId } = await world.run('adoptPlan', { okrRunId, agentRunId });
  await decide(world, approvalId, { state: 'approved' });
  await world.run('settlePlanApproval', { okrRunId, approvalId, timedOut: false });
  const tasks = await world.database.task.findMany({ where: { okrRunId } });
  return Object.fromEntries(tasks.map(({ key, id }) => [key, id as TaskId]));
}

export async function decide(
  { database, workspaceId, principalId: decidedBy }: ActivityWorld,
  approvalId: string,
  decision: { state: 'approved' | 'denied'; answer?: string; reason?: string },
): Promise<void> {
  const { approvals } = repositoriesFor(database, workspaceId);
  const { digest } = await approvals.get(approvalId);
  await approvals.decide({ approvalId, digest, decidedBy, ...decision });
}

/** A task that has begun, with its worktree, and an agent at work on it. */
export async function taskBegun(world: ActivityWorld, taskId: TaskId, attempt = 1) {
  await world.run('beginTask', { taskId, attempt });
  await world.run('prepareWorktree', { taskId, attempt });
  const { agentRunId } = await world.run('queueAgentRun', { taskId, attempt, kind: 'work', round: 0 });
  await world.run('beginAgentRun', { agentRunId });
  return { agentRunId, worktree: world.deps.git.worktreePath(taskId) };
}

/** The failure an activity ended with. */
export async function failureOf(work: Promise<unknown>): Promise<ApplicationFailure> {
  const error: unknown = await work.then(
    (value) => new Error(`it did not fail, it gave ${JSON.stringify(value)}`),
    (reason: unknown) => reason,
  );
  if (error instanceof ApplicationFailure) return error;
  throw error;
}

/** The model's calls at `index`, as the loop would run them: each with the index of its own step. */
export async function callsAt(world: ActivityWorld, agentRunId: AgentRunId, index: number): Promise<CallRef[]> {
  const turn = await world.run('callModel', { agentRunId, index });
  if (turn.outcome !== 'answered') throw new Error(turn.detail);
  return turn.calls.map(({ callId }, place) => ({
    ...{ agentRunId, modelIndex: index, index: index + 1 + place, callId },
  }));
}

/** What a tool call was answered with. */
export async function resultOf({ database, workspaceId }: ActivityWorld, { agentRunId, index }: CallRef) {
  const step = await database.agentStep.findFirstOrThrow({ where: { agentRunId, index } });
  const text = await repositoriesFor(database, workspaceId).blobs.get(step.outputDigest ?? '');
  return { ...step, text };
}
