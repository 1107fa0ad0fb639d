import { setInterval } from 'node:timers';
import {
  AgentRuntime,
  DomainError,
  isDomainError,
  SandboxPurpose,
  type SegmentEnd,
  type SegmentInput,
} from '@fermata/contracts';
import {
  type AcpAttendant,
  agentProgram,
  commandOf,
  createRunToolsServer,
  findProgram,
  type FoundProgram,
  howToInstall,
  runCommandAgent,
  runToolsName,
  startAcpProgram,
  takeTurnOf,
  type TurnEnd,
} from '@fermata/core/external-agents';
import { mintGatewayToken } from '@fermata/core/gateway';
import type { Place } from '@fermata/core/sandbox';
import { readForAgent, writeForAgent } from '@fermata/core/tools';
import { createGatewayTokenRepository } from '@fermata/database';
import { activityScope } from '../runtime/activity-scope.js';
import { configureAgent, openAgentHome } from './agent-home.js';
import { keepChanges } from './keep-changes.js';
import { PermissionDesk } from './permission-desk.js';
import { runToolsOf } from './run-result.js';
import type { Segment } from './segment.js';
import { endOf, type TurnOutcome } from './segment-end.js';
import { segmentPrompt } from './segment-prompt.js';
import { StepReporter } from './step-reporter.js';
import { openTerminalDesk } from './terminal-desk.js';

/** An agent that has handed in its result, or was told to wait, has so long to end its turn. */
const windUpMs = 15_000;
const beatMs = 5_000;

/** Starts the program of the agent, and sees to it until it stops. */
export async function attendAgent(segment: Segment, { reason, stepLimit }: SegmentInput): Promise<SegmentEnd> {
  const program = await programOf(segment);
  const promptFor = await segmentPrompt(segment, reason);
  const scope = activityScope();
  const beat = setInterval(scope.onProgress, beatMs);
  const stop = new AbortController();
  const signal = AbortSignal.any([scope.signal, stop.signal]);
  let steps = 0;
  const onStep = (count: number): void => {
    steps = count;
    if (count >= stepLimit) stop.abort();
  };
  const tools = runToolsOf(segment, () => void setTimeout(() => stop.abort(), windUpMs).unref());
  const closeTools = segment.deps.segments.begin(segment.run.id, createRunToolsServer(segment.run.kind, tools));
  try {
    const turn = await takeTurn(segment, { program, promptFor, signal, onStep });
    scope.signal.throwIfAborted();
    return await endOf(segment, { turn, handed: tools.handed, steps, stepLimit });
  } finally {
    closeTools();
    clearInterval(beat);
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
  promptFor: (resumed: boolean) => string;
  signal: AbortSignal;
  onStep: (count: number) => void;
}

async function takeTurn(segment: Segment, order: TurnOrder): Promise<TurnOutcome> {
  const { deps, run, workspace, worktreeId, readOnly } = segment;
  const tokens = createGatewayTokenRepository(deps.database);
  const { token, hash } = mintGatewayToken();
  await tokens.replace({ hash, workspaceId: workspace.workspaceId, agentRunId: run.id });
  const { path, root } = order.program;
  const readable = [root ?? path];
  try {
    return await deps.sandboxes.within(
      { worktreeId, purpose: SandboxPurpose.work, gatewayPort: deps.gateway.port, readable, readOnly },
      (place) => turnIn(place, segment, { ...order, token }),
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

async function turnIn(place: Place, segment: Segment, order: TurnOrder & { token: string }): Promise<TurnEnd> {
  const { deps, run, agent, worktree } = segment;
  const { token, signal } = order;
  if (agent.launch === null) throw new DomainError('internal', 'The program was found before.');
  const home = await openAgentHome(segment, place);
  const surroundings = { gatewayUrl: deps.gateway.url, token, model: run.model, home: home.path };
  const { args, env, files, askingMode, usesOurFiles, usesTerminals } = agentProgram(agent.launch, surroundings);
  await configureAgent(home, files);
  const reporter = reporterOf(segment, order);
  const own = { ...place, env: { ...place.env, HOME: home.path } };
  const started = { ...own, command: order.program.path, args, cwd: worktree, env: { ...own.env, ...env } };
  const desk = new PermissionDesk(segment, signal);
  const terminals = usesTerminals ? openTerminalDesk(segment, { desk, reporter, place: own, signal }) : null;
  try {
    if (run.runtime === AgentRuntime.command) return await commandTurn(started, reporter, order);
    return await takeTurnOf(startAcpProgram(started), {
      ...{
        cwd: worktree,
        sessionId: run.externalSession,
        mode: askingMode,
        offersFiles: usesOurFiles,
        promptFor: order.promptFor,
        signal,
      },
      tools: { name: runToolsName, url: `${deps.gateway.url}/mcp`, token },
      attendant: attendantOf(segment, { desk, reporter, signal, terminals }),
      onSession: async (id) => void (await segment.workspace.agentRuns.saveSession(run.id, id)),
    });
  } finally {
    await terminals?.close();
    await reporter.settled();
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

function reporterOf(segment: Segment, { onStep, token }: TurnOrder & { token: string }): StepReporter {
  const { deps, worktreeId, readOnly } = segment;
  let keeping = false;
  const onChange = (): void => {
    if (keeping || readOnly) return;
    keeping = true;
    deps.checkpoints.start(worktreeId, () => keepChanges(segment).finally(() => (keeping = false)));
  };
  return new StepReporter(segment, { outputCapBytes: deps.limits.toolOutputBytes, secret: token, onStep, onChange });
}

interface Attending extends Pick<AcpAttendant, 'terminals'> {
  desk: PermissionDesk;
  reporter: StepReporter;
  signal: AbortSignal;
}

function attendantOf({ deps, worktree }: Segment, { desk, reporter, signal, terminals }: Attending): AcpAttendant {
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
