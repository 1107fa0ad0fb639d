import { stat } from 'node:fs/promises';
import {
  type AgentRunKind,
  DomainError,
  type ErrorCode,
  isDomainError,
  type Json,
  ToolClass,
} from '@fermata/contracts';
import { redactionMarksIn } from '@fermata/contracts/redaction';
import { capText } from './cap-text.js';
import { failed, type InputCheck, invalidInput, type Tool, type ToolContext, type ToolOutcome } from './tool.js';
import { findTool, toolsFor } from './toolset.js';

/** A tool call as a model made it (a `ToolCallBlock` with the kind of its run). */
export interface ToolRequest {
  kind: AgentRunKind;
  name: string;
  input: Json;
  /** Set when the arguments were no JSON. */
  invalidInput?: string;
  /** Set when a mark stands where the model wrote something else, which nobody knows any more: why. */
  unreadable?: string;
  /** Tools that the run has besides those of its kind. */
  added?: readonly Tool[];
}

export type CheckedCall = { ok: true; tool: Tool; input: unknown } | { ok: false; outcome: ToolOutcome };

/**
 * Whether a call can be made: the tool exists in this kind of run and takes these arguments. For `finish`, `input` is
 * the result of the run; otherwise the outcome is what to answer the model, so that it can mend the call.
 */
export function checkCall({ kind, name, input, invalidInput: broken, unreadable, added }: ToolRequest): CheckedCall {
  const tool = findTool(kind, name, added);
  if (tool === undefined) return { ok: false, outcome: unknownTool(kind, name) };
  const hidden = tool.class === ToolClass.control ? [] : redactionMarksIn(JSON.stringify(input));
  if (hidden.length > 0) return { ok: false, outcome: standsForSecret(hidden, unreadable) };
  const check: InputCheck = broken === undefined ? tool.check(input) : { ok: false, problems: [notJson(broken)] };
  if (!check.ok) return { ok: false, outcome: invalidInput(name, check.problems) };
  return { ok: true, tool, input: check.value };
}

/**
 * Runs one tool call. What the model did wrong, or can mend, is an outcome for it to read.
 * @throws the reason of `context.signal` when aborted; DomainError `unavailable` (the worktree is gone, the machine has no
 *   room for a process) or `disk_full`; TypeError for a control tool, which the workflow must decide
 */
export async function runTool(request: ToolRequest, context: ToolContext): Promise<ToolOutcome> {
  context.signal.throwIfAborted();
  const call = checkCall(request);
  const outcome = call.ok ? await runChecked(call.tool, request.input, context) : call.outcome;
  const { text, truncated } = capText(outcome.text, context.outputCapBytes);
  if (!truncated) return outcome.text === text ? outcome : { ...outcome, text };
  return { ...outcome, text, truncated: true, whole: outcome.text };
}

async function runChecked(tool: Tool, input: Json, context: ToolContext): Promise<ToolOutcome> {
  if (tool.run === undefined) throw new TypeError(`${tool.name} is decided by the workflow, it cannot be run`);
  await assertWorktree(context.worktree);
  try {
    return await tool.run(input, context);
  } catch (error) {
    context.signal.throwIfAborted();
    return outcomeOf(error);
  }
}

/** What the model can do nothing about, so that it must not be told and paid for trying. */
const beyondTheModel: readonly ErrorCode[] = ['unavailable', 'disk_full', 'internal'];

function outcomeOf(error: unknown): ToolOutcome {
  if (isDomainError(error) && !beyondTheModel.includes(error.code)) return failed(error.code, error.message);
  // Files change under our hands while the agent's own programs run: that is no defect of ours.
  if (error instanceof Error && 'syscall' in error && 'code' in error) {
    return failed(
      'tool_failed',
      `The system refused (${String(error.syscall)}: ${String(error.code)}). Look again at what is there.`,
    );
  }
  throw error;
}

async function assertWorktree(worktree: string): Promise<void> {
  const found = await stat(worktree).catch(() => null);
  if (found?.isDirectory() === true) return;
  throw new DomainError(
    'unavailable',
    `the worktree ${worktree} is gone: it must be made again from its last checkpoint`,
  );
}

/** The model repeats what it was shown in place of a secret: that would be written, or run, in its place. */
function standsForSecret(marks: readonly string[], unreadable: string | undefined): ToolOutcome {
  const names = [...new Set(marks)].join(', ');
  if (unreadable !== undefined)
    return failed(
      'tool_input_invalid',
      `Not done: ${names} stands where you wrote something else. What it was is no longer known: ${unreadable}. Write it again.`,
    );
  return failed(
    'tool_input_invalid',
    `Not done: the arguments have ${names} in them, which stands for a secret that you are not shown. Leave its line as it is: edit only what is around it, or take the value from the environment. If the task needs the secret itself, ask a person.`,
  );
}

function unknownTool(kind: AgentRunKind, name: string): ToolOutcome {
  const names = toolsFor(kind).map((tool) => tool.name);
  return failed(
    'tool_input_invalid',
    `There is no tool ${JSON.stringify(name.slice(0, 100))} here. There are: ${names.join(', ')}.`,
  );
}

const notJson = (text: string): string =>
  `the arguments: not valid JSON (${text.length} characters, beginning ${JSON.stringify(text.slice(0, 60))}); if they were cut off, send less at once`;
