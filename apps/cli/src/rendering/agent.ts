import type { Agent } from '../graphql/agent.js';
import { wrap } from './clip.js';
import { blocks, fields, type Page, section } from './page.js';
import { formatDuration } from './time.js';
import { renderTable } from './table.js';

export function renderAgents(agents: readonly Agent[], { style, width }: Page): string {
  if (agents.length === 0) return 'No agents yet. The worker makes `default` when it starts.';
  return renderTable(
    agents,
    [
      { title: 'NAME', value: ({ name }) => name },
      { title: 'RUNTIME', value: runtimeOf },
      { title: 'MODEL', value: ({ model }) => model, flexible: true },
      { title: 'STEPS', value: ({ maxSteps }) => String(maxSteps), align: 'right' },
      { title: 'ID', value: ({ id }) => id },
    ],
    { style, width },
  );
}

export function renderAgent(agent: Agent, page: Page): string {
  return blocks(
    page.style.bold(agent.name),
    fields([
      ['agent', agent.id],
      ['runtime', runtimeOf(agent)],
      ['model', agent.model],
      ['reasoning', agent.reasoning],
      ['steps', `at most ${agent.maxSteps}`],
      ['work', `at most ${formatDuration(agent.maxWorkMs)}, then a person is asked`],
      ['output', `at most ${agent.maxOutputTokens} tokens a call`],
      ['MCP', mcpServersOf(agent)],
    ]),
    agent.modelPolicy !== null &&
      section('Model policy', wrap(JSON.stringify(agent.modelPolicy, null, 2), page.width, '  '), page),
    section('Policy', wrap(JSON.stringify(agent.policy, null, 2), page.width, '  '), page),
    section('Instructions', wrap(agent.instructions, page.width, '  '), page),
  );
}

/** Of one that is a program, also which. */
function runtimeOf({ runtime, launch }: Agent): string {
  const { preset, command } = (launch ?? {}) as { preset?: string; command?: string };
  const program = preset ?? command;
  return program === undefined ? runtime : `${runtime} (${program})`;
}

function mcpServersOf({ mcpServers }: Agent): string {
  const servers = mcpServers as { name: string; command?: string; url?: string }[];
  const shown = servers.map(({ name, command, url }) => `${name} (${command ?? url})`);
  return shown.join(', ');
}
