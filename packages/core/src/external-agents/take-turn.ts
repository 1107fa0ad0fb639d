import { firstWords, lastWords } from '@fermata/contracts/redaction';
import {
  type AgentCapabilities,
  client,
  type ClientContext,
  methods,
  type PromptResponse,
  PROTOCOL_VERSION,
  RequestError,
  type RequestPermissionRequest,
  type RequestPermissionResponse,
  type SessionUpdate,
  type StopReason,
} from '@agentclientprotocol/sdk';
import { DomainError } from '@fermata/contracts';
import { exceededWords, type ProcessResult } from '../processes/index.js';
import type { AcpProgram } from './acp-connection.js';
import { inTheirWords } from './error-words.js';
import { type AgentTerminals, serveTerminals } from './serve-terminals.js';
import { type SessionServers, sessionServers } from './session-servers.js';

export type { SessionUpdate } from '@agentclientprotocol/sdk';

/** Who answers an agent while it works. */
export interface AcpAttendant {
  /** Whether it may do what it asks for. */
  permit(request: RequestPermissionRequest): Promise<boolean>;
  /** Told of everything that it says and does, in order. Must not throw. */
  onUpdate(update: SessionUpdate): void;
  /** The text of a file, absolute path. */
  readFile(request: { path: string; line?: number | null; limit?: number | null }): Promise<string>;
  writeFile(request: { path: string; content: string }): Promise<void>;
  /** Null: it runs its commands by itself. */
  terminals: AgentTerminals | null;
}

export interface Turn extends SessionServers {
  /** What people call the program, and what to do when it asks for a login. */
  program: { title: string; howToLogIn: string };
  /** Absolute path, as the program sees it. */
  cwd: string;
  /** Of an earlier process, to go on with; null for a new one. */
  sessionId: string | null;
  /** Null: the one it starts in. */
  mode: string | null;
  /** Files may be read and written through `attendant`. */
  offersFiles: boolean;
  /** What it is told; `resumed`: it knows what was said before. */
  promptFor: (resumed: boolean) => string;
  /** When it has stopped: what it is told further in the same session; null when there is nothing to tell. */
  news: () => string | null;
  attendant: AcpAttendant;
  onSession(sessionId: string): Promise<void>;
  /** Aborted: it is asked to stop, and `converse` returns when it has. */
  signal: AbortSignal;
}

export interface TurnEnd {
  stopReason: StopReason;
  /** What it said last, after its last act. */
  lastWords: string;
}

/** How long an agent that is to stop has for it, before it is ended. */
const stopPatienceMs = 2_000;

/**
 * One turn of an agent: opens its session, says what to do, answers what it asks, until it stops. The program has ended when
 * this returns.
 * @throws DomainError `provider_unauthorized` when it wants a login, `command_failed` when it ends by itself, does not speak
 *   the protocol or another version of it, `tool_failed` when it says that it failed; as `runProcess` when it cannot be started
 */
export async function takeTurnOf(program: AcpProgram, turn: Turn): Promise<TurnEnd> {
  const lost = program.ended.then((result) => {
    throw endedByItself(result);
  });
  const stop = (): void => void setTimeout(() => program.end(), stopPatienceMs).unref();
  turn.signal.addEventListener('abort', stop, { once: true });
  try {
    return await Promise.race([converse(program, turn), lost]);
  } finally {
    turn.signal.removeEventListener('abort', stop);
    program.end();
    await program.ended.catch(() => undefined);
  }
}

function endedByItself({ exitCode, signal, stderr, exceeded }: ProcessResult): DomainError {
  const how = exceeded === undefined ? `exit code ${exitCode ?? signal}` : exceededWords(exceeded);
  const said = lastWords(stderr.trim(), 1_000);
  const message = `The agent's program ended before its turn did (${how})${said === '' ? '.' : `: ${said}`}`;
  return new DomainError('command_failed', message, { exitCode, signal });
}

async function converse({ stream }: AcpProgram, turn: Turn): Promise<TurnEnd> {
  const heard = new LastWords();
  const app = client({ name: 'fermata' })
    .onRequest(methods.client.session.requestPermission, async ({ params }) => {
      heard.acts();
      return chosen(params, !turn.signal.aborted && (await turn.attendant.permit(params)));
    })
    .onNotification(methods.client.session.update, ({ params }) => {
      if (!heard.isListening) return;
      heard.hear(params.update);
      turn.attendant.onUpdate(params.update);
    })
    .onRequest(methods.client.fs.readTextFile, async ({ params }) => ({
      content: await turn.attendant.readFile(params).catch(inTheirWords),
    }))
    .onRequest(methods.client.fs.writeTextFile, async ({ params }) => {
      heard.acts();
      await turn.attendant.writeFile(params).catch(inTheirWords);
      return {};
    });
  const { terminals } = turn.attendant;
  if (terminals) serveTerminals(app, terminals, () => heard.acts());
  return app.connectWith(stream, (context) => inSession(context, turn, heard));
}

async function inSession(context: ClientContext, turn: Turn, heard: LastWords): Promise<TurnEnd> {
  const { agentCapabilities } = await asked(turn, () =>
    context.request(methods.agent.initialize, {
      protocolVersion: PROTOCOL_VERSION,
      clientInfo: { name: 'fermata', version: '1' },
      clientCapabilities: {
        fs: { readTextFile: turn.offersFiles, writeTextFile: turn.offersFiles },
        terminal: turn.attendant.terminals !== null,
      },
    }),
  ).then(assertVersion);
  const session = await openSession(context, turn, agentCapabilities ?? {});
  await turn.onSession(session.id);
  if (turn.mode !== null) {
    const modeId = turn.mode;
    await asked(turn, () => context.request(methods.agent.session.setMode, { sessionId: session.id, modeId }));
  }
  heard.listen();
  const stop = (): void => void context.notify(methods.agent.session.cancel, { sessionId: session.id });
  turn.signal.addEventListener('abort', stop, { once: true });
  if (turn.signal.aborted) stop();
  try {
    const told = (text: string): Promise<PromptResponse> => {
      const prompt = [{ type: 'text' as const, text }];
      return asked(turn, () => context.request(methods.agent.session.prompt, { sessionId: session.id, prompt }));
    };
    let { stopReason } = await told(turn.promptFor(session.resumed));
    for (let news = turn.news(); news !== null && !turn.signal.aborted; news = turn.news()) {
      heard.acts();
      ({ stopReason } = await told(news));
    }
    return { stopReason, lastWords: heard.text };
  } finally {
    turn.signal.removeEventListener('abort', stop);
  }
}

function assertVersion<Answer extends { protocolVersion: number }>(answer: Answer): Answer {
  if (answer.protocolVersion === PROTOCOL_VERSION) return answer;
  throw new DomainError(
    'command_failed',
    `The agent speaks version ${answer.protocolVersion} of the Agent Client Protocol, and version ${PROTOCOL_VERSION} is needed. Install another version of it.`,
  );
}

interface OpenSession {
  id: string;
  resumed: boolean;
}

async function openSession(context: ClientContext, turn: Turn, can: AgentCapabilities): Promise<OpenSession> {
  const { cwd, sessionId } = turn;
  const mcpServers = sessionServers(turn, can);
  if (sessionId !== null && can.loadSession === true) {
    try {
      await context.request(methods.agent.session.load, { sessionId, cwd, mcpServers });
      return { id: sessionId, resumed: true };
    } catch (error) {
      // It may have lost what it knew: then it is told.
      if (!(error instanceof RequestError)) throw error;
    }
  }
  const { sessionId: id } = await asked(turn, () => context.request(methods.agent.session.new, { cwd, mcpServers }));
  return { id, resumed: false };
}

/** The one answer of those offered that says it, for this time alone: what lasts is our own policy's affair. */
function chosen({ options }: RequestPermissionRequest, permitted: boolean): RequestPermissionResponse {
  const wanted = permitted ? ['allow_once', 'allow_always'] : ['reject_once', 'reject_always'];
  const [option] = wanted.flatMap((kind) => options.find((one) => one.kind === kind) ?? []);
  return option === undefined
    ? { outcome: { outcome: 'cancelled' } }
    : { outcome: { outcome: 'selected', optionId: option.optionId } };
}

/** Of the protocol: the agent must be logged in first. https://agentclientprotocol.com/protocol/schema */
const authRequired = -32_000;

async function asked<Answer>({ program }: Turn, ask: () => Promise<Answer>): Promise<Answer> {
  try {
    return await ask();
  } catch (error) {
    if (!(error instanceof RequestError)) throw error;
    if (error.code === authRequired) {
      const message = `${program.title} asks for a login: ${error.message}. ${program.howToLogIn}`;
      throw new DomainError('provider_unauthorized', message, {}, { cause: error });
    }
    throw new DomainError('tool_failed', `The agent says that it failed: ${saidBy(error)}`, {}, { cause: error });
  }
}

function saidBy({ message, data }: RequestError): string {
  const more = data === undefined ? '' : ` (${firstWords(JSON.stringify(data), 500)})`;
  return `${message}${more}`;
}

/** What an agent has said since it last did something. What it repeats of an earlier session does not count. */
class LastWords {
  isListening = false;
  text = '';

  listen(): void {
    this.isListening = true;
  }

  acts(): void {
    this.text = '';
  }

  hear(update: SessionUpdate): void {
    if (update.sessionUpdate === 'tool_call') this.acts();
    if (update.sessionUpdate === 'agent_message_chunk' && update.content.type === 'text')
      this.text += update.content.text;
  }
}
