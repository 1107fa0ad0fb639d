import { relative, resolve } from 'node:path';
import type { CreateTerminalRequest } from '@agentclientprotocol/sdk';
import { DomainError, shellWord } from '@fermata/contracts';
import { carriesCode } from '../policy/index.js';
import type { ProcessOptions } from '../processes/index.js';
import { commandLine } from './tool-call-operations.js';

/** What a terminal is asked to run. */
export interface TerminalCommand {
  /** As one command line, for a policy and for people. */
  line: string;
  program: Pick<ProcessOptions, 'command' | 'args' | 'shell' | 'cwd' | 'env'>;
}

/**
 * What a request for a terminal runs, where. Without arguments the command is a line for a shell. Of its variables those are
 * left out by which a program runs something else than the line says.
 * @throws DomainError `path_outside_worktree`
 */
export function terminalCommand(request: CreateTerminalRequest, worktree: string): TerminalCommand {
  const { command, args = [] } = request;
  const cwd = resolve(worktree, request.cwd ?? worktree);
  const inside = relative(worktree, cwd);
  if (inside === '..' || inside.startsWith('../'))
    throw new DomainError('path_outside_worktree', `The folder ${cwd} is not in the worktree ${worktree}.`);
  const line = withoutComing(args.length === 0 ? command : commandLine([command, ...args]), cwd);
  const variables = (request.env ?? []).filter((one) => !carriesCode(one));
  return {
    line: inside === '' ? line : `cd ${shellWord(inside)} && ${line}`,
    program: {
      ...{ command, args, shell: args.length === 0, cwd },
      env: Object.fromEntries(variables.map(({ name, value }) => [name, value])),
    },
  };
}

/** Some go first to where they are already. */
function withoutComing(line: string, cwd: string): string {
  const comings = [`cd ${cwd} && `, `cd '${cwd}' && `, `cd "${cwd}" && `];
  const coming = comings.find((one) => line.startsWith(one));
  return coming === undefined ? line : line.slice(coming.length);
}
