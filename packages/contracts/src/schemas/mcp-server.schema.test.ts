import { describe, expect, it } from 'vitest';
import { mcpServersSchema } from './mcp-server.schema.js';

const stdio = { name: 'files', transport: 'stdio', command: 'mcp-server-filesystem' };
const http = { name: 'docs', transport: 'http', url: 'https://docs.example.org/mcp' };

describe('MCP servers as people write them', () => {
  it('need a name and what is started or asked', () => {
    expect(mcpServersSchema.parse([stdio, http])).toEqual([
      { ...stdio, args: [], env: {} },
      { ...http, headers: {} },
    ]);
  });

  it.each([
    ['a name that rules could not tell apart', { ...stdio, name: 'a__b' }],
    ['the name of our own tools', { ...stdio, name: 'fermata' }],
    ['another transport', { ...stdio, transport: 'sse' }],
    ['a field of the other transport', { ...stdio, url: http.url }],
    ['a variable that is our own mark', { ...stdio, env: { FERMATA_HOST: 'x' } }],
    ['a reference that nobody resolves', { ...stdio, env: { TOKEN: 'secret:github' } }],
    ['a header of the protocol', { ...http, headers: { 'Mcp-Session-Id': 'x' } }],
    ['a header of two lines', { ...http, headers: { 'X-Key': 'a\r\nHost: b' } }],
    ['an address that is a file', { ...http, url: 'file:///etc/passwd' }],
    ['an address with a login', { ...http, url: 'https://me:pass@docs.example.org/mcp' }],
  ])('are refused with %s', (_what, server) => expect(mcpServersSchema.safeParse([server]).success).toBe(false));

  it('have different names, and there are at most 16', () => {
    expect(mcpServersSchema.safeParse([stdio, { ...http, name: 'files' }]).success).toBe(false);
    const many = Array.from({ length: 17 }, (_, number) => ({ ...stdio, name: `s${number}` }));
    expect(mcpServersSchema.safeParse(many).success).toBe(false);
    expect(mcpServersSchema.safeParse(many.slice(1)).success).toBe(true);
  });
});
