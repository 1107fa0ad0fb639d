import { DomainError, type ErrorCode } from '@fermata/contracts';
import { lastWords } from '@fermata/contracts/redaction';
import type { ProcessResult } from '../processes/index.js';

type Failure = Pick<ProcessResult, 'exitCode' | 'stdout' | 'stderr' | 'timedOut'>;

interface FailedCommand {
  cwd: string;
  args: readonly string[];
}

/** Git has one exit code for nearly everything, so what it said decides. Its language is fixed to English for us. */
const codes: readonly (readonly [RegExp, ErrorCode])[] = [
  [/No space left on device|Disk quota exceeded/i, 'disk_full'],
  [
    /not a git repository|does not appear to be a git repository|repository '.*' (?:not found|does not exist)/i,
    'not_a_repository',
  ],
  [
    /Could not resolve host|Connection (?:refused|timed out|reset)|Operation timed out|Could(?: not|n't) connect|Failed to connect/i,
    'unavailable',
  ],
];

/** The one translation from a failed git command to an error of ours. */
export function gitError(result: Failure, { cwd, args }: FailedCommand): DomainError {
  const name = args[0] ?? 'git';
  const details = { command: name, folder: cwd, exitCode: result.exitCode };
  if (result.timedOut) return new DomainError('timeout', `git ${name} did not end in time in ${cwd}`, details);
  const said = lastWords(withoutLogins(result.stderr.trim() || result.stdout.trim()), 2_000);
  const code = codes.find(([pattern]) => pattern.test(said))?.[1] ?? 'git_failed';
  return new DomainError(code, `git ${name} failed in ${cwd}: ${said || `exit code ${result.exitCode}`}`, details);
}

/** `https://user:token@host` must reach no log and no row. */
export function withoutLogins(text: string): string {
  return text.replace(/(\w+:\/\/)[^/\s@]+@/g, '$1');
}
