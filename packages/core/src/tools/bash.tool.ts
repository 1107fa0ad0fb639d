import { setTimeout as sleep } from 'node:timers/promises';
import { isDomainError } from '@fermata/contracts';
import { z } from 'zod';
import { type ProcessOptions, type ProcessResult, runProcess } from '../processes/index.js';
import { lookText, shelfOf } from './background.tools.js';
import { endingOf } from './command-ending.js';
import { defineTool, failed, succeeded, type ToolContext, type ToolOutcome } from './tool.js';

const defaultTimeoutMs = 120_000;
const maxTimeoutMs = 600_000;
/** Of the output, more than is shown: the rest can be read. */
const keptBytes = 5 * 1024 * 1024;
/** Of a command in the background, before the first answer. */
const firstLookMs = 1_500;

const input = z.strictObject({
  command: z
    .string()
    .min(1)
    .max(100_000)
    .refine((text) => !text.includes('\0'), 'has a NUL in it')
    .describe('The command line, run by bash -c in the worktree.'),
  timeout_ms: z
    .int()
    .min(1_000)
    .max(maxTimeoutMs)
    .default(defaultTimeoutMs)
    .describe('After this many milliseconds the command is ended. Not for one in the background.'),
  run_in_background: z
    .boolean()
    .default(false)
    .describe('Answer at once and let the command go on, for servers and watchers.'),
});

export const bashTool = defineTool({
  name: 'bash',
  class: 'unsafe',
  description: `Runs a command line in a fresh shell whose folder is the worktree, and answers with what it printed (output and errors in one) and its exit code. Nothing is kept between two calls: no variables, no cd (chain with &&). There is no terminal and no input: use flags that ask nothing (--yes), and no editors, pagers or watch modes. When the shell ends, everything it started is ended too. What must go on, such as a server, start with run_in_background: the answer has an id for bash_output, which shows what it prints, and bash_stop; it is ended with your run. Default time limit ${defaultTimeoutMs / 1000} s, at most ${maxTimeoutMs / 1000} s. Of long output the beginning and the end are shown; read_output shows the rest. Prefer read, grep, glob, edit and write for files. Do not push, and do not switch branches: your work is committed for you.`,
  input,
  run: runCommand,
});

async function runCommand(args: z.output<typeof input>, context: ToolContext): Promise<ToolOutcome> {
  if (args.run_in_background) return startCommand(args.command, context);
  const { worktree, env, sandbox, signal, onProgress } = context;
  const timeoutMs = args.timeout_ms;
  const result = await runShell({
    command: args.command,
    cwd: worktree,
    env,
    signal,
    timeoutMs,
    outputCapBytes: keptBytes,
    ...(onProgress && { onOutput: onProgress }),
    ...(sandbox && { sandbox }),
  });
  // What it did before it was ended is for the next checkpoint; the caller knows that it aborted.
  signal.throwIfAborted();
  const text = [result.output.trimEnd(), endingOf(result, timeoutMs)].filter((part) => part !== '').join('\n');
  const extra = { mayHaveChangedFiles: true, truncated: result.truncated };
  if (result.timedOut) return failed('timeout', text, extra);
  const hasSucceeded = result.exitCode === 0 && result.exceeded === undefined;
  return hasSucceeded ? succeeded(text, extra) : failed('command_failed', text, extra);
}

/** One that fails at once says so in the answer. */
async function startCommand(command: string, context: ToolContext): Promise<ToolOutcome> {
  const { worktree: cwd, env, sandbox, signal } = context;
  const shelf = shelfOf(context);
  const id = shelf.start({ command: 'bash', args: ['-c', command], cwd, env, ...(sandbox && { sandbox }) });
  if (id === null) {
    return failed(
      'tool_failed',
      'Too many commands run in the background already: end one of them with bash_stop first.',
    );
  }
  await sleep(firstLookMs, undefined, { signal }).catch(() => undefined);
  signal.throwIfAborted();
  const look = await shelf.look(id, { waitMs: 0, again: false, signal });
  const isOver = look?.result != null;
  const text = `Started in the background as ${id}.\n${look === null ? '' : lookText(id, look)}`;
  const extra = { mayHaveChangedFiles: true };
  return isOver && look?.result?.exitCode !== 0 ? failed('command_failed', text, extra) : succeeded(text, extra);
}

/** Models write bash; where there is none, the shell that every system has must do. */
async function runShell(options: ProcessOptions): Promise<ProcessResult> {
  try {
    return await runProcess({ ...options, command: 'bash', args: ['-c', options.command] });
  } catch (error) {
    if (!isDomainError(error) || error.code !== 'missing_program') throw error;
    return runProcess({ ...options, shell: true });
  }
}
