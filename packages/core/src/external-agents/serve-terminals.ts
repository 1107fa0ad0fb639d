import { type ClientApp, type CreateTerminalRequest, methods } from '@agentclientprotocol/sdk';
import { inTheirWords } from './error-words.js';
import type { TerminalExit, TerminalView } from './terminals.js';

/** Who runs the commands of an agent that has them run by us. */
export interface AgentTerminals {
  /** @returns its id */
  create(request: CreateTerminalRequest): Promise<string>;
  view(id: string): TerminalView;
  exitOf(id: string): Promise<TerminalExit>;
  kill(id: string): Promise<void>;
  release(id: string): Promise<void>;
}

/** The terminal methods of the protocol. https://agentclientprotocol.com/protocol/terminals */
export function serveTerminals(app: ClientApp, terminals: AgentTerminals, onAct: () => void): ClientApp {
  const { create, output, waitForExit, kill, release } = methods.client.terminal;
  return app
    .onRequest(create, async ({ params }) => {
      onAct();
      return { terminalId: await terminals.create(params).catch(inTheirWords) };
    })
    .onRequest(output, async ({ params }) => {
      const { exit, ...printed } = await answered(() => terminals.view(params.terminalId));
      return { ...printed, ...(exit && { exitStatus: exit }) };
    })
    .onRequest(waitForExit, ({ params }) => answered(() => terminals.exitOf(params.terminalId)))
    .onRequest(kill, async ({ params }) => {
      await answered(() => terminals.kill(params.terminalId));
      return {};
    })
    .onRequest(release, async ({ params }) => {
      await answered(() => terminals.release(params.terminalId));
      return {};
    });
}

const answered = <Answer>(ask: () => Answer | Promise<Answer>): Promise<Answer> =>
  Promise.resolve().then(ask).catch(inTheirWords);
