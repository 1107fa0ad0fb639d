import { z } from 'zod';
import { maxMcpServers, type McpServer, McpTransport } from '../agent-runs/mcp-server.js';

/** Ours, of which agents that are programs know `finish` and `ask_human`: nobody else may answer to it. */
const ownName = 'fermata';

const name = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,31}$/, 'must be a lower-case letter, then letters, digits and dashes, at most 32')
  .refine((text) => text !== ownName, `must not be ${ownName}, which is the name of our own tools`);

/** Our own mark is in the environment of what we start: by it an orphan is found again. */
const variable = z
  .string()
  .regex(/^[A-Za-z_][A-Za-z0-9_]{0,99}$/, 'must be the name of an environment variable')
  .refine((text) => !text.startsWith('FERMATA_'), 'must not begin with FERMATA_');

const header = z
  .string()
  .regex(/^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}$/, 'must be the name of a header')
  .refine((text) => !ownHeaders.includes(text.toLowerCase()), 'is a header of the protocol itself');
const ownHeaders = ['host', 'content-length', 'content-type', 'accept', 'mcp-session-id', 'mcp-protocol-version'];

const value = z
  .string()
  .max(4_000)
  .regex(/^[^\0\r\n]*$/, 'must be one line')
  .refine(
    (text) => !text.startsWith('secret:'),
    'must be the value itself: references to secrets are not resolved here',
  );

const url = z
  .url({ protocol: /^https?$/, error: 'must be an http:// or https:// address' })
  .max(2_000)
  .refine((text) => !hasLogin(text), 'must carry no user and password: use a header');

function hasLogin(text: string): boolean {
  return /^[a-z]+:\/\/[^/?#]*@/i.test(text);
}

export const mcpServerSchema: z.ZodType<McpServer> = z.discriminatedUnion('transport', [
  z.strictObject({
    name,
    transport: z.literal(McpTransport.stdio),
    command: z.string().trim().min(1).max(1_000),
    args: z.array(z.string().max(4_000)).max(100).default([]),
    env: z.record(variable, value).default({}),
  }),
  z.strictObject({
    name,
    transport: z.literal(McpTransport.http),
    url,
    headers: z.record(header, value).default({}),
  }),
]);

export const mcpServersSchema: z.ZodType<readonly McpServer[]> = z
  .array(mcpServerSchema)
  .max(maxMcpServers)
  .refine((servers) => new Set(servers.map((one) => one.name)).size === servers.length, 'must have different names');
