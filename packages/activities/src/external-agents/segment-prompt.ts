import { AgentRuntime, assertNever, type SegmentReason } from '@fermata/contracts';
import { asData, keepStart } from '@fermata/core/agents';
import { Context } from '@temporalio/activity';
import { answerWords } from '../agent-runs/answer-words.js';
import type { Segment } from './segment.js';

const shownSteps = 40;
const shownCharacters = 4_000;

/** What the agent is told at the beginning of a stretch. One that knows what was said before is not told again. */
export async function segmentPrompt(segment: Segment, reason: SegmentReason): Promise<(resumed: boolean) => string> {
  const [order, news, done] = await Promise.all([orderOf(segment), newsOf(segment, reason), doneBefore(segment)]);
  return (resumed) => [...(resumed ? [] : [order, ...done]), ...news].join('\n\n');
}

async function orderOf({ workspace: { blobs }, run }: Segment): Promise<string> {
  const texts = await blobs.getMany([run.systemDigest, run.briefDigest]);
  const how = run.runtime === AgentRuntime.command ? byLastLine : ourTools;
  return [how, texts.get(run.systemDigest) ?? '', texts.get(run.briefDigest) ?? ''].join('\n\n');
}

const ourTools =
  'Below, `finish` and `ask_human` are tools of the MCP server "fermata"; your own name for them may have a prefix. For everything else use your own tools.';

const byLastLine =
  'Below, instead of calling `finish`, end with exit code 0 and print your result as the last line of your standard output: a summary in one line, or the JSON object that `finish` would take. Ask nobody: there is no `ask_human`.';

const byTool = 'call `finish` of the MCP server "fermata"';
const byResultLine = 'end with exit code 0 and your result as the last line of your standard output';

async function newsOf({ workspace, run }: Segment, reason: SegmentReason): Promise<string[]> {
  switch (reason.because) {
    case 'begin':
      return [];
    case 'resumed':
      return ['You were stopped in the middle, and may go on now. Look at what is there before you do.'];
    case 'stopped': {
      const how = run.runtime === AgentRuntime.command ? byResultLine : byTool;
      return [
        `You stopped without handing in a result that was accepted. ${asData('reason', reason.detail)}\nGo on, and ${how} when you are done.`,
      ];
    }
    case 'answered': {
      const { text, ok } = await answerWords(workspace, reason);
      return [ok ? `${text}\nGo on with that.` : text];
    }
    default:
      return assertNever(reason);
  }
}

/** For an agent that stopped after it was refused something; null when it was not. */
export function refusalNews(refusals: readonly string[]): string | null {
  if (refusals.length === 0) return null;
  return `What you asked for was refused. ${asData('refusals', refusals.join('\n'))}\nGo on without it, and ${byTool} when you are done.`;
}

/** For an agent that does not remember: what its forerunner in this run did, and how it ended. */
async function doneBefore({ workspace, run }: Segment): Promise<string[]> {
  const steps = await workspace.steps.reported(run.id, shownSteps);
  if (steps.length === 0 && Context.current().info.attempt > 1)
    return ['Work on this was begun before, by a process that was lost. What it left is in the worktree: look first.'];
  if (steps.length === 0) return [];
  const texts = await workspace.blobs.getMany(steps.flatMap(({ inputDigest }) => inputDigest ?? []));
  const lines = steps.map(({ name, state, inputDigest }) => {
    const input = inputDigest === null ? '' : ` ${(texts.get(inputDigest) ?? '').slice(0, 200)}`;
    return `- ${name}${input}: ${state === 'started' ? 'outcome unknown, it may have happened' : state}`;
  });
  const shown = keepStart(lines.join('\n'), { maxCharacters: shownCharacters, hint: 'the worktree shows the outcome' });
  return [
    `Work on this was begun before, by an agent whose process was lost. What it left is in the worktree: look first. What it did, the latest last:\n${asData('steps', shown)}`,
  ];
}
