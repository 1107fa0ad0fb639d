import { z } from 'zod';
import { defineTool, succeeded, type ToolContext, toolFailed, type WorkDiff } from './tool.js';
import { resolveWorktreePath } from './worktree-path.js';

/** For what says how much of a diff is left out: with it the answer is no longer than answers may be, and cut but once. */
const noticeBytes = 200;

const path = z
  .string()
  .min(1)
  .max(4_000)
  .optional()
  .describe('Only this file or folder, relative to the worktree. Left out: all of it.');

export const gitStatusTool = defineTool({
  name: 'git_status',
  class: 'idempotent',
  description:
    'Lists the files that the work on this task has changed, against where the task began, with lines added and removed. What is not committed yet and new files are included.',
  input: z.strictObject({ path }),
  run: async (args, context) => {
    const { files } = await diffOf(args.path, context);
    if (files.length === 0) return succeeded('Nothing has been changed.');
    return succeeded(files.map(fileLine).join('\n'));
  },
});

export const gitDiffTool = defineTool({
  name: 'git_diff',
  class: 'idempotent',
  description:
    'Shows what the work on this task has changed, against where the task began, as a unified diff. What is not committed yet and new files are included. Of a long diff the middle is left out: then give a path.',
  input: z.strictObject({ path }),
  run: async (args, context) => {
    const { patch, truncated } = await diffOf(args.path, context);
    return patch === '' ? succeeded('Nothing has been changed.') : succeeded(patch, { truncated });
  },
});

async function diffOf(only: string | undefined, context: ToolContext): Promise<WorkDiff> {
  if (context.diff === undefined) throw toolFailed('there is no task here whose changes could be shown');
  const within = only === undefined ? undefined : await resolveWorktreePath(context.worktree, only);
  return context.diff({
    ...(within !== undefined && within.shown !== '.' && { path: within.shown }),
    capBytes: Math.max(0, context.outputCapBytes - noticeBytes),
  });
}

function fileLine({ path: name, from, status, additions, deletions, binary }: WorkDiff['files'][number]): string {
  const extent = binary ? 'binary' : `+${additions} -${deletions}`;
  return `${status} ${from === undefined ? '' : `${from} -> `}${name} (${extent})`;
}
