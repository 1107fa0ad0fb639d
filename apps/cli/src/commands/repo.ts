import { randomUUID } from 'node:crypto';
import { resolve } from 'node:path';
import { isDomainError } from '@fermata/contracts';
import { InvalidArgumentError } from 'commander';
import type { VariablesOf } from 'gql.tada';
import type { AddVerb } from '../act.js';
import type { Context } from '../context.js';
import { addRepositoryMutation, allRepositories } from '../graphql/repository.js';
import { renderRepositories, renderRepository } from '../rendering/repository.js';
import { collect } from './arguments.js';
import { pageOf } from './page-of.js';
import { calledAs } from '../called-as.js';

interface Gate {
  name: string;
  command: string;
}

interface AddOptions {
  name?: string;
  gate?: Gate[];
  /** False for --no-gates. */
  gates: boolean;
  setup?: string[];
}

export const addRepo: AddVerb = (program, act) => {
  const repo = program.command('repo').description('repositories that may be worked on');

  repo
    .command('add')
    .description('add a git repository; its gates are found unless you name them')
    .argument('<location>', 'path or URL')
    .option('--name <name>', 'what to call it; its folder’s name when left out')
    .option('--gate <name=command>', 'a command that must pass before work lands; may be repeated', collect(readGate))
    .option('--no-gates', 'nothing checks the work')
    .option('--setup <command>', 'run in a new worktree before an agent begins; may be repeated', collect(String))
    .action(
      act(async (context, location: string, { name, gate, gates: wanted, setup }: AddOptions) => {
        const gates = wanted ? gate : [];
        const input = {
          clientRequestId: randomUUID(),
          location: isUrl(location) ? location : resolve(context.cwd, location),
          name: name ?? null,
          ...(gates !== undefined && { gates }),
          ...(setup !== undefined && { setupCommands: setup }),
        };
        const { repository } = await looked(context, input);
        const next = `Next: ${calledAs} go "<goal>" --repo ${repository.name} --watch`;
        return { text: `${renderRepository(repository, pageOf(context))}\n\n${next}`, json: { repository } };
      }),
    );

  repo
    .command('list')
    .description('list the repositories')
    .action(
      act(async (context) => {
        const repositories = await allRepositories(await context.api());
        return { text: renderRepositories(repositories, pageOf(context)), json: { repositories } };
      }),
    );
};

/** The first fetch of a large repository takes longer than one request: with the same key the next one waits on. */
async function looked(context: Context, input: VariablesOf<typeof addRepositoryMutation>['input']) {
  const api = await context.api();
  for (;;) {
    try {
      return (await api.ask(addRepositoryMutation, { input })).addRepository;
    } catch (error) {
      if (!isDomainError(error) || error.details['underWay'] !== true) throw error;
      context.say(
        'Still being looked at: a large repository takes its time, and so does one without a running worker.',
      );
    }
  }
}

function readGate(text: string): Gate {
  const [, name, command] = /^([^=\s]+)=(.+)$/s.exec(text) ?? [];
  if (name !== undefined && command !== undefined) return { name, command };
  throw new InvalidArgumentError('Write it as name=command, like test="npm test".');
}

/** `https://…`, `ssh://…`, or git's short form `user@host:path`. */
function isUrl(location: string): boolean {
  return /^[a-z][a-z0-9+.-]*:\/\//i.test(location) || /^[\w.-]+@[\w.-]+:/.test(location);
}
