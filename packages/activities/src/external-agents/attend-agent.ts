import {
  type AgentLaunch,
  AgentRuntime,
  DomainError,
  isDomainError,
  type McpServer,
  SandboxPurpose,
  type SegmentEnd,
  type SegmentInput,
} from '@fermata/contracts';
import {
  type AcpAttendant,
  type AgentProgram,
  agentProgram,
  commandOf,
  createRunToolsServer,
  findProgram,
  type FoundProgram,
  howToInstall,
  howToLogIn,
  runCommandAgent,
  runToolsName,
  runToolsUrl,
  startAcpProgram,
  takeTurnOf,
  titleOf,
  type TurnEnd,
} from '@fermata/core/external-agents';
import { mintGatewayToken } from '@fermata/core/gateway';
import type { Place } from '@fermata/core/sandbox';
import { readForAgent, writeForAgent } from '@fermata/core/tools';
import { createGatewayTokenRepository } from '@fermata/database';
import { serversForProgram } from '../mcp/servers-for-program.js';
import { activityScope, type ActivityScope } from '../runtime/activity-scope.js';
import { whileBeating } from '../runtime/while-beating.js';
import { configureAgent, openAgentHome, removeFromHome } from './agent-home.js';
import { keepChanges } from './keep-changes.js';
import { ownLoginOf, readLogin, secretsIn } from './own-login.js';
import { PermissionDesk } from './permission-desk.js';
import { ReportedCost } from './reported-cost.js';
import { runToolsOf } from './run-result.js';
import type { Segment } from './segment.js';
import { endOf, type TurnOutcome } from './segment-end.js';
import { refusalNews, segmentPrompt } from './segment-prompt.js';
import { StepReporter } from './step-reporter.js';
import { openTerminalDesk } from './terminal-desk.js';
import { WorkClock } from './work-clock.js';

/** An agent that has handed in its result, or was told to wait, has so long to end its turn. */
const windUpMs = 15_000;

/** Starts the program of the agent, and sees to it until it stops. */
export async function attendAgent(segment: Segment, input: SegmentInput): Promise<SegmentEnd> {
  const program = await programOf(segment);
  const promptFor = await segmentPrompt(segment, input.reason);
  return whileBeating((scope) => attend(segment, input, { program, promptFor, scope }));
}

interface Attendance extends Pick<TurnOrder, 'program' | 'promptFor'> {
  scope: ActivityScope;
}

async function attend(
  segment: Segment,
  { stepLimit, workLeftMs = Infinity }: SegmentInput,
  { program, promptFor, scope }: Attendance,
): Promise<SegmentEnd> {
  const stop = new AbortController();
  const signal = AbortSignal.any([scope.signal, stop.signal]);
  const clock = new WorkClock(workLeftMs, () => stop.abort());
  let steps = 0;
  const onStep = (count: number): void => {
    steps = count;
    if (count >= stepLimit) stop.abort();
  };
  const tools = runToolsOf(segment, () => void setTimeout(() => stop.abort(), windUpMs).unref());
  const isDone = (): boolean => tools.handed.finished || tools.handed.question !== null;
  const closeTools = segment.deps.segments.begin(segment.run.id, createRunToolsServer(segment.run.kind, tools));
  try {
    const order = { program, promptFor, signal, stop: () => stop.abort(), isDone, onStep, clock };
    const turn = await takeTurn(segment, order);
    scope.signal.throwIfAborted();
    const end = await endOf(segment, { turn, handed: tools.handed, steps, stepLimit, isTimeUp: clock.isOver });
    return { ...end, workedMs: clock.workedMs };
  } finally {
    clock.stop();
    closeTools();
  }
}

async function programOf({ deps, agent }: Segment): Promise<FoundProgram> {
  const { launch } = agent;
  if (launch === null)
    throw new DomainError('invalid_input', `The agent ${agent.name} does not say which program it is.`);
  const command = commandOf(launch);
  const agentsDirs = 'preset' in launch ? deps.agentsDirs.map((dir) => `${dir}/${launch.preset}`) : deps.agentsDirs;
  const found = await findProgram(command, { agentsDirs, path: deps.sandboxes.outside.env['PATH'] ?? '' });
  if (found) return found;
  const message = `The agent ${agent.name} needs the program ${command}, which is not here. ${howToInstall(launch)}`;
  throw new DomainError('missing_program', message, { program: command });
}

interface TurnOrder {
  program: FoundProgram;
  /** Asks it to stop. */
  stop: () => void;
  /** It has handed in its result, or asked a person. */
  isDone: () => boolean;
  promptFor: (resumed: boolean) => string;
  signal: AbortSignal;
  onStep: (count: number) => void;
  clock: WorkClock;
}

/** What the program is given for its turn. */
interface Given {
  token: string;
  mcpServers: readonly McpServer[];
}

async function takeTurn(segment: Segment, order: TurnOrder): Promise<TurnOutcome> {
  const { deps, run, workspace, worktreeId, readOnly } = segment;
  const tokens = createGatewayTokenRepository(deps.database);
  const { token, hash } = mintGatewayToken();
  await tokens.replace({ hash, workspaceId: workspace.workspaceId, agentRunId: run.id });
  const { path, root } = order.program;
  const { servers: mcpServers, readable: shown } = await serversForProgram(segment);
  const [readable, moreHosts] = [[root ?? path, ...shown], ownLoginOf(segment)?.hosts ?? []];
  try {
    return await deps.sandboxes.within(
      { worktreeId, purpose: SandboxPurpose.work, gatewayPort: deps.gateway.port, moreHosts, readable, readOnly },
      (place) => turnIn(place, segment, { ...order, token, mcpServers }),
    );
  } catch (error) {
    if (isDomainError(error) && agentFailures.has(error.code)) return { failure: error };
    throw error;
  } finally {
    await tokens.end({ hash, workspaceId: workspace.workspaceId });
  }
}

/** What an agent can do wrong. */
const agentFailures = new Set<string>(['command_failed', 'tool_failed']);

async function turnIn(place: Place, segment: Segment, order: TurnOrder & Given): Promise<TurnEnd> {
  const { deps, run, agent } = segment;
  if (agent.launch === null) throw new DomainError('internal', 'The program was found before.');
  const home = await openAgentHome(segment, place);
  const surroundings = { gatewayUrl: deps.gateway.url, token: order.token, model: run.model, home: home.path };
  const program = agentProgram(agent.launch, surroundings);
  const login = ownLoginOf(segment);
  const loginFiles = login === null ? {} : await readLogin(segment, login);
  try {
    await configureAgent(home, { ...program.files, ...loginFiles });
    const cost = login && (await ReportedCost.open(segment, login, order.stop));
    const reporter = reporterOf(segment, { ...order, secrets: secretsIn(loginFiles) });
    const own = { ...place, env: { ...place.env, HOME: home.path } };
    try {
      return await programTurn(segment, {
        ...order,
        started: program,
        place: own,
        reporter,
        cost,
        launch: agent.launch,
      });
    } finally {
      await reporter.settled();
      await cost?.settled();
    }
  } finally {
    await removeFromHome(home, Object.keys(loginFiles));
  }
}

interface ProgramOrder extends TurnOrder, Given {
  launch: AgentLaunch;
  started: AgentProgram;
  /** With the home of the run. */
  place: Place;
  reporter: StepReporter;
  cost: ReportedCost | null;
}

async function programTurn(segment: Segment, order: ProgramOrder): Promise<TurnEnd> {
  const { deps, run, worktree } = segment;
  const { launch, place, reporter, signal, started, token } = order;
  const { args, env, askingMode, usesOurFiles, usesTerminals, hasOurTools } = started;
  const options = { ...place, command: order.program.path, args, cwd: worktree, env: { ...place.env, ...env } };
  if (run.runtime === AgentRuntime.command) return commandTurn(options, reporter, order);
  const desk = new PermissionDesk(segment, signal, order.clock);
  const terminals = usesTerminals ? openTerminalDesk(segment, { desk, reporter, place, signal }) : null;
  try {
    return await takeTurnOf(startAcpProgram(options), {
      ...{ cwd: worktree, sessionId: run.externalSession, mode: askingMode, offersFiles: usesOurFiles, signal },
      program: { title: titleOf(launch), howToLogIn: howToLogIn(launch) },
      promptFor: order.promptFor,
      news: () => (order.isDone() ? null : refusalNews(desk.takeRefusals())),
      tools: hasOurTools ? null : { name: runToolsName, url: runToolsUrl(deps.gateway.url), token },
      mcpServers: order.mcpServers,
      attendant: attendantOf(segment, { ...order, desk, terminals }),
      onSession: async (id) => void (await segment.workspace.agentRuns.saveSession(run.id, id)),
    });
  } finally {
    await terminals?.close();
  }
}

/** A program that takes an order and ends. What it printed is a step. */
async function commandTurn(
  started: Parameters<typeof runCommandAgent>[0],
  reporter: StepReporter,
  { promptFor, signal }: TurnOrder,
): Promise<TurnEnd> {
  const { onProgress: onOutput } = activityScope();
  const { output, ...end } = await runCommandAgent({ ...started, onOutput }, { prompt: promptFor(false), signal });
  reporter.hear({ sessionUpdate: 'agent_message_chunk', content: { type: 'text', text: output } });
  return end;
}

interface Reporting extends TurnOrder {
  token: string;
  secrets: readonly string[];
}

function reporterOf(segment: Segment, { onStep, token, secrets }: Reporting): StepReporter {
  const { deps, worktreeId, readOnly } = segment;
  let keeping = false;
  const onChange = (): void => {
    if (keeping || readOnly) return;
    keeping = true;
    deps.checkpoints.start(worktreeId, () => keepChanges(segment).finally(() => (keeping = false)));
  };
  const concealed = [{ secret: token, as: '[token]' }, ...secrets.map((secret) => ({ secret, as: '[login]' }))];
  return new StepReporter(segment, { outputCapBytes: deps.limits.toolOutputBytes, concealed, onStep, onChange });
}

interface Attending extends Pick<AcpAttendant, 'terminals'> {
  desk: PermissionDesk;
  reporter: StepReporter;
  cost: ReportedCost | null;
  signal: AbortSignal;
}

function attendantOf(
  { deps, worktree }: Segment,
  { desk, reporter, cost, signal, terminals }: Attending,
): AcpAttendant {
  const { onProgress } = activityScope();
  return {
    terminals,
    async permit({ toolCall }) {
      const call = reporter.callOf(toolCall);
      const refusal = await desk.refusalOf(call);
      if (refusal === null) reporter.begin(call);
      return refusal === null;
    },
    onUpdate(update) {
      onProgress();
      reporter.hear(update);
      cost?.hear(update);
    },
    readFile: ({ path, ...lines }) => readForAgent(worktree, path, lines),
    async writeFile({ path, content }) {
      const refusal = await desk.refusalOfWrite(path);
      if (refusal !== null) throw new DomainError('tool_failed', refusal);
      const { env } = deps.sandboxes.outside;
      const { toolOutputBytes: outputCapBytes } = deps.limits;
      await writeForAgent({ worktree, env, signal, outputCapBytes }, { path, content });
    },
  };
}
