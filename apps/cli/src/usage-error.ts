import type { Command, CommanderError } from 'commander';
import { DomainError } from '@fermata/contracts';

/** What is wrong with a command line, as one sentence with the way out. */
export function usageErrorOf(
  { code, message }: CommanderError,
  program: Command,
  argv: readonly string[],
): DomainError {
  const { family, path } = familyOf(program, argv);
  if (code === 'commander.unknownCommand' || code === 'commander.help') {
    const verbs = family.commands.map((command) => command.name());
    const what = code === 'commander.help' ? 'Say what to do.' : `${sentence(message)}.`;
    return new DomainError('invalid_input', `${what} Verbs: ${verbs.join(', ')}. See \`${path} VERB --help\`.`, {
      verbs,
    });
  }
  return new DomainError('invalid_input', `${sentence(message)}. See \`${path} --help\`.`);
}

/** The command that the words name, as far as they name one. */
function familyOf(program: Command, argv: readonly string[]): { family: Command; path: string } {
  let family = program;
  const path = [program.name()];
  for (const word of argv.filter((text) => !text.startsWith('-'))) {
    const next = family.commands.find((command) => command.name() === word);
    if (next === undefined) break;
    family = next;
    path.push(word);
  }
  return { family, path: path.join(' ') };
}

function sentence(message: string): string {
  const text = message
    .replace(/^error: /, '')
    .replaceAll('\n', ' ')
    .trim()
    .replace(/\.$/, '');
  return text.charAt(0).toUpperCase() + text.slice(1);
}
