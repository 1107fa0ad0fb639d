import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * A server of a few lines, with hands free for what no real one would do: it answers each request with what its test says. `send`
 * prints a message, `say` a result.
 */
const script = (answers: string): string => `
  const lines = require('node:readline').createInterface({ input: process.stdin });
  const send = (message) => process.stdout.write(JSON.stringify({ jsonrpc: '2.0', ...message }) + '\\n');
  const text = (text) => ({ content: [{ type: 'text', text }] });
  const tool = (name) => ({ name, description: 'Does ' + name, inputSchema: { type: 'object', properties: {} } });
  const usual = {
    initialize: ({ protocolVersion }) => ({
      protocolVersion, capabilities: { tools: {} }, serverInfo: { name: 'hostile', version: '1' },
    }),
    'tools/list': () => ({ tools: [tool('act')] }),
    'tools/call': ({ name }) => text('did ' + name),
    ping: () => ({}),
  };
  const own = (${answers});
  lines.on('line', async (line) => {
    const { id, method, params } = JSON.parse(line);
    if (id === undefined) return own[method]?.(params);
    try { send({ id, result: await (own[method] ?? usual[method])(params) }); }
    catch (error) { send({ id, error: { code: -32603, message: error.message } }); }
  });
`;

export interface ServerScripts {
  /** @returns the arguments with which node runs it */
  write(answers: string): string[];
  remove(): void;
}

export function createServerScripts(): ServerScripts {
  const folder = mkdtempSync(join(tmpdir(), 'fermata-mcp-'));
  let number = 0;
  return {
    write(answers) {
      const file = join(folder, `server-${(number += 1)}.cjs`);
      writeFileSync(file, script(answers));
      return [file];
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
