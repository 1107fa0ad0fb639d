import { isDomainError } from '@fermata/contracts';
import { z } from 'zod';
import { exceededWords, type ProcessOptions, type ProcessResult, runProcess } from '../processes/index.js';
import { defineTool, failed, succeeded, type ToolContext, type ToolOutcome } from './tool.js';

const defaultTimeoutMs = 120_000;
const maxTimeoutMs = 600_000;
/** Kept free for the lines that say how it ended. */
const footerBytes = 300;

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
    .describe('After this many milliseconds the command is ended.'),
});

export const bashTool = defineTool({
  name: 'bash',
  class: 'unsafe',
  description: `Runs a command line in a fresh shell whose folder is the worktree, and answers with what it printed (output and errors in one) and its exit code. Nothing is kept between two calls: no variables, no cd (chain with &&). There is no terminal and no input: use flags that ask nothing (--yes), and no editors, pagers or watch modes. When the shell ends, everything it started is ended too, so servers do not go on in the background. Default time limit ${defaultTimeoutMs / 1000} s, at most ${maxTimeoutMs / 1000} s. Of long output the beginning and the end are shown. Prefer read, grep, glob, edit and write for files. Do not push, and do not switch branches: your work is committed for you.`,
  input,
  run: runCommand,
});

async function runCommand(
  { command, timeout_ms: timeoutMs }: z.output<typeof input>,
  context: ToolContext,
): Promise<ToolOutcome> {
  const { worktree, env, sandbox, signal, onProgress, outputCapBytes } = context;
  const result = await runShell({
    command,
    cwd: worktree,
    env,
    signal,
    timeoutMs,
    outputCapBytes: Math.max(512, outputCapBytes - footerBytes),
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

/** Models write bash; where there is none, the shell that every system has must do. */
async function runShell(options: ProcessOptions): Promise<ProcessResult> {
  try {
    return await runProcess({ ...options, command: 'bash', args: ['-c', options.command] });
  } catch (error) {
    if (!isDomainError(error) || error.code !== 'missing_program') throw error;
    return runProcess({ ...options, shell: true });
  }
}

function endingOf(result: ProcessResult, timeoutMs: number): string {
  if (result.timedOut) return `[timed out after ${timeoutMs / 1000} s; everything it had started was ended]`;
  if (result.exceeded !== undefined) return `[${exceededWords(result.exceeded)}]`;
  if (result.signal !== null) return `[ended by signal ${result.signal}]`;
  if (result.exitCode !== 0) return `[exit code ${result.exitCode}]`;
  return result.output.trim() === '' ? '[exit code 0, no output]' : '[exit code 0]';
}
