import { firstWords } from '@fermata/contracts/redaction';
import type { Json } from '@fermata/contracts';
import { type ReportedCall, type SessionUpdate, toolName } from '@fermata/core/external-agents';
import type { Segment } from './segment.js';
import { shownCall } from './shown-call.js';

/** Tools whose calls may have changed files. */
const looking = new Set<unknown>(['read', 'search', 'think']);

interface Options {
  outputCapBytes: number;
  /** What is not written down, wherever it turns up, and what is written in its place. */
  concealed: readonly { secret: string; as: string }[];
  /** The run has one more step than before. */
  onStep(count: number): void;
  /** A call that may have changed something has ended. */
  onChange(): void;
}

/**
 * Makes steps of what an agent says and does. One after the other, in the order in which it is told; what cannot be written
 * fails the stretch, at its end.
 */
export class StepReporter {
  private readonly calls = new Map<string, ReportedCall>();
  private readonly begun = new Set<string>();
  private said = '';
  private writing: Promise<void> = Promise.resolve();
  private failure: Error | null = null;

  constructor(
    private readonly segment: Segment,
    private readonly options: Options,
  ) {}

  hear(update: SessionUpdate): void {
    if (update.sessionUpdate === 'agent_message_chunk')
      this.said += update.content.type === 'text' ? update.content.text : '';
    else if (update.sessionUpdate === 'tool_call' || update.sessionUpdate === 'tool_call_update') this.hearCall(update);
  }

  /** What is known of a call, with what a request for permission adds. */
  callOf(call: ReportedCall): ReportedCall {
    const known = this.calls.get(call.toolCallId);
    const merged = { ...known, ...withoutNothing(call) } as ReportedCall;
    this.calls.set(call.toolCallId, merged);
    return merged;
  }

  /** The call was permitted: from now on it may have happened. */
  begin(call: ReportedCall): void {
    if (this.begun.has(call.toolCallId)) return;
    this.begun.add(call.toolCallId);
    this.saySaid();
    this.write(() => this.report(call, 'started'));
  }

  /**
   * Everything is written.
   * @throws what a write failed with
   */
  async settled(): Promise<void> {
    this.saySaid();
    await this.writing;
    if (this.failure !== null) throw this.failure;
  }

  private hearCall(update: ReportedCall): void {
    const call = this.callOf(update);
    if (call.status === 'in_progress') this.begin(call);
    if (call.status !== 'completed' && call.status !== 'failed') return;
    this.calls.delete(call.toolCallId);
    this.saySaid();
    const state = call.status === 'completed' ? 'succeeded' : 'failed';
    this.write(() => this.report(call, state));
    if (!looking.has(call.kind)) this.options.onChange();
  }

  private saySaid(): void {
    const text = this.said.trim();
    this.said = '';
    if (text === '') return;
    this.write(() => this.record({ kind: 'note', name: 'message', state: 'succeeded', text }));
  }

  private report(call: ReportedCall, state: 'started' | 'succeeded' | 'failed'): Promise<void> {
    const text = state === 'started' ? null : firstWords(outputOf(call), this.options.outputCapBytes);
    return this.record({
      kind: 'tool',
      name: toolName(call),
      callId: call.toolCallId,
      state,
      text,
      input: shownCall(call),
    });
  }

  private async record(step: {
    kind: 'tool' | 'note';
    name: string;
    callId?: string;
    state: 'started' | 'succeeded' | 'failed';
    text: string | null;
    input?: Json;
  }): Promise<void> {
    const { workspace, run } = this.segment;
    const { input, text: told, ...rest } = step;
    const text = told === null ? null : this.conceal(told);
    const inputDigest =
      input === undefined
        ? undefined
        : await workspace.blobs.put(this.conceal(JSON.stringify(input)), 'application/json');
    const place = await workspace.steps.report({
      ...{ agentRunId: run.id, okrRunId: run.okrRunId, taskId: run.taskId, ...rest },
      ...(inputDigest !== undefined && { inputDigest }),
      ...(text !== null && { output: { text, mediaType: 'text/plain' as const } }),
    });
    if (place !== null) this.options.onStep(place + 1);
  }

  private conceal(text: string): string {
    return this.options.concealed.reduce((left, { secret, as }) => left.replaceAll(secret, as), text);
  }

  private write(work: () => Promise<void>): void {
    this.writing = this.writing.then(work).catch((error: unknown) => {
      this.failure ??= error instanceof Error ? error : new Error(String(error));
    });
  }
}

/** What an update leaves out, or has no value for, stays as it was. */
function withoutNothing(call: ReportedCall): Partial<ReportedCall> {
  const isSaid = ([, value]: [string, unknown]): boolean => value != null && !isEmpty(value);
  return Object.fromEntries(Object.entries(call).filter(isSaid));
}

function isEmpty(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.keys(value).length === 0;
}

function outputOf({ content, rawOutput }: ReportedCall): string {
  const texts = (content ?? []).flatMap((piece) =>
    piece.type === 'content' && piece.content.type === 'text' ? piece.content.text : [],
  );
  if (texts.length > 0) return texts.join('\n');
  if (rawOutput === undefined || rawOutput === null) return '';
  return typeof rawOutput === 'string' ? rawOutput : JSON.stringify(rawOutput);
}
