#!/usr/bin/env node
// An agent of the Agent Client Protocol that does what its first argument says, a function body in JavaScript: see acp-agent.ts.
import { Readable, Writable } from 'node:stream';
import { agent, methods, ndJsonStream, RequestError } from '@agentclientprotocol/sdk';

const [, , body = ''] = process.argv;
const AsyncFunction = (async () => undefined).constructor;
const { terminal, session, fs } = methods.client;

/** What its turns can do. */
function hands(client, sessionId, told) {
  const ask = (method, params) => client.request(method, { sessionId, ...params });
  const say = (update) => client.notify(session.update, { sessionId, update });
  return {
    told,
    client: () => offered,
    say: (text) => say({ sessionUpdate: 'agent_message_chunk', content: { type: 'text', text } }),
    tell: say,
    run: async (command, args = [], more = {}) => (await ask(terminal.create, { command, args, ...more })).terminalId,
    output: (terminalId) => ask(terminal.output, { terminalId }),
    exit: (terminalId) => ask(terminal.waitForExit, { terminalId }),
    kill: (terminalId) => ask(terminal.kill, { terminalId }),
    release: (terminalId) => ask(terminal.release, { terminalId }),
    read: (path) => ask(fs.readTextFile, { path }),
    /** The kind of the option that was chosen. */
    async permit(command, toolCallId = command) {
      const options = ['allow_once', 'reject_once'].map((kind) => ({ optionId: kind, name: kind, kind }));
      const toolCall = { toolCallId, kind: 'execute', title: command, rawInput: { command } };
      return (await ask(session.requestPermission, { toolCall, options })).outcome.optionId;
    },
    /** What it was refused with. */
    refusal: (asked) =>
      asked.then(
        (answer) => `not refused: ${JSON.stringify(answer)}`,
        ({ message }) => message,
      ),
    needLogin: () => {
      throw RequestError.authRequired();
    },
  };
}

let offered = {};
agent({ name: 'test' })
  .onRequest(methods.agent.initialize, ({ params }) => {
    offered = params.clientCapabilities ?? {};
    return { protocolVersion: 1, agentCapabilities: { loadSession: true, promptCapabilities: { image: true } } };
  })
  .onRequest(methods.agent.session.new, () => ({ sessionId: 'one' }))
  .onRequest(methods.agent.session.load, () => ({}))
  .onRequest(methods.agent.session.setMode, () => ({}))
  .onNotification(methods.agent.session.cancel, () => undefined)
  .onRequest(methods.agent.session.prompt, async ({ params: { sessionId, prompt }, client }) => {
    const told = prompt.map(({ text }) => text).join('\n');
    const stopReason = await new AsyncFunction('agent', body)(hands(client, sessionId, told));
    return { stopReason: stopReason ?? 'end_turn' };
  })
  .connect(ndJsonStream(Writable.toWeb(process.stdout), Readable.toWeb(process.stdin)));
