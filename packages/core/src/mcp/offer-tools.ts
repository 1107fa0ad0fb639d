import { createHash } from 'node:crypto';
import { type JsonObject, type McpTool, mcpToolPrefix } from '@fermata/contracts';
import { firstWords } from '@fermata/contracts/redaction';
import { concealValues } from './conceal-values.js';
import type { ListedTool } from './mcp-session.js';
import { plainSchema } from './plain-schema.js';

/** What a server has listed. */
export interface ServerListing {
  server: string;
  tools: readonly ListedTool[];
  secrets: readonly string[];
}

/** In one run, of all servers together. */
export const maxOfferedTools = 128;
/** Providers take no longer name. */
const maxNameLength = 64;
const descriptionCharacters = 1_000;
const schemaCharacters = 16_000;
/** All are sent with every model call. */
const allCharacters = 200_000;

export interface OfferedTools {
  tools: McpTool[];
  /** What was left out, in sentences. */
  notes: string[];
}

/**
 * What a run is offered of what its servers have listed: in the order of the agent's configuration, under names that
 * providers take, and no more than a model call can bear.
 * @param isAllowed false: the policy refuses the tool of that name in this run
 */
export function offerTools(listings: readonly ServerListing[], isAllowed: (name: string) => boolean): OfferedTools {
  const found = listings.flatMap(({ server, tools, secrets }) => tools.map((tool) => toolOf(server, tool, secrets)));
  const named = found.filter(({ name }, place) => found.findIndex((one) => one.name === name) === place);
  const allowed = named.filter(({ name }) => isAllowed(name));
  const small = allowed.filter(({ inputSchema }) => JSON.stringify(inputSchema).length <= schemaCharacters);
  const tools = within(small.slice(0, maxOfferedTools));
  const left = [
    [found.length - named.length, 'have a name twice'],
    [named.length - allowed.length, 'are refused by the policy of this agent'],
    [allowed.length - small.length, `have arguments that take more than ${schemaCharacters} characters to describe`],
    [
      small.length - tools.length,
      `are more than the ${maxOfferedTools} tools, or ${allCharacters} characters, of one run`,
    ],
  ] as const;
  const notes = left.flatMap(([count, why]) => (count === 0 ? [] : [`${count} tools are not offered: they ${why}.`]));
  return { tools, notes };
}

function toolOf(server: string, listed: ListedTool, secrets: readonly string[]): McpTool {
  const { name: tool, description = '', inputSchema } = listed;
  const shown = concealValues(description, secrets);
  return {
    name: offeredName(server, tool),
    ...{ server, tool },
    description: shown.length <= descriptionCharacters ? shown : `${firstWords(shown, descriptionCharacters)}…`,
    inputSchema: JSON.parse(
      concealValues(JSON.stringify(plainSchema(inputSchema as JsonObject)), secrets),
    ) as JsonObject,
  };
}

/** The same each time. A name that had to be changed ends in a digest of what it was, so that two do not become one. */
function offeredName(server: string, tool: string): string {
  const plain = `${mcpToolPrefix}${server}__${tool}`;
  const safe = plain.replace(/[^a-zA-Z0-9_-]/g, '_');
  if (safe === plain && safe.length <= maxNameLength) return safe;
  const digest = createHash('sha256').update(plain).digest('hex').slice(0, 8);
  return `${safe.slice(0, maxNameLength - digest.length - 1)}_${digest}`;
}

function within(tools: readonly McpTool[]): McpTool[] {
  let characters = 0;
  return tools.filter(({ description, inputSchema }) => {
    characters += description.length + JSON.stringify(inputSchema).length;
    return characters <= allCharacters;
  });
}
