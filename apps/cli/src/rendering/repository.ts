import type { Repository } from '../graphql/repository.js';
import { wrap } from './clip.js';
import { blocks, fields, type Page, section } from './page.js';
import { renderTable } from './table.js';
import { formatAgo } from './time.js';
import { calledAs } from '../called-as.js';

const gateSources = { declared: 'declared', detected: 'found in the repository', none: 'none' } as const;

export function renderRepositories(repositories: readonly Repository[], { style, width }: Page): string {
  if (repositories.length === 0) return `No repositories yet. Add one: ${calledAs} repo add <path>`;
  return renderTable(
    repositories,
    [
      { title: 'ID', value: ({ id }) => id },
      { title: 'NAME', value: ({ name }) => name },
      { title: 'BRANCH', value: ({ defaultBranch }) => defaultBranch },
      { title: 'GATES', value: ({ gates }) => (gates.length === 0 ? 'none' : String(gates.length)), align: 'right' },
      { title: 'LOCATION', value: ({ location }) => location, flexible: true },
    ],
    { style, width },
  );
}

export function renderRepository(repository: Repository, page: Page): string {
  const { style, width, now } = page;
  const { id, name, location, defaultBranch, forge, gates, gateSource, setupCommands, createdAt } = repository;
  return blocks(
    style.bold(name),
    fields([
      ['repository', id],
      ['location', location],
      ['branch', defaultBranch],
      ['forge', forge],
      ['added', formatAgo(createdAt, now)],
    ]),
    section(
      `Gates (${gateSources[gateSource]})`,
      gates.length === 0
        ? style.yellow(wrap('Nothing checks the work before it is merged. Add gates with --gate name=command.', width))
        : gates.map((gate) => `- ${gate.name}: ${wrap(gate.command, width, '    ').trimStart()}`).join('\n'),
      page,
    ),
    section('Set-up', setupCommands.map((command) => `- ${wrap(command, width, '  ').trimStart()}`).join('\n'), page),
  );
}
