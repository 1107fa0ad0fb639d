import { pageOf } from '../commands/page-of.js';
import type { Context } from '../context.js';
import type { Api } from '../graphql/api.js';
import type { Event } from '../graphql/events.js';
import { found } from '../graphql/found.js';
import { okrRunQuery } from '../graphql/okr-run.js';
import { renderStep } from '../rendering/agent-run.js';
import { clip } from '../rendering/clip.js';
import { renderLine, tellEvent } from '../rendering/event-line.js';
import { indentStepText } from '../rendering/step-text.js';
import { formatClock } from '../rendering/time.js';
import { learnKind, learnNames } from './names.js';
import { createStepReader, type ReadStep } from './step-reader.js';

export interface LogOptions {
  api: Api;
  /** Of each step's text, at most. */
  chars: number;
  /** With what each step said and gave back, and not only that it ended. */
  withSteps: boolean;
}

interface StepData {
  index: number;
  kind: string;
  name: string;
  state: string;
  /** What the agent tells people who follow its run. */
  note?: string;
}

/** Says events and steps as they come, and keeps them for JSON. */
export class Log {
  readonly events: Event[] = [];
  readonly steps: ReadStep[] = [];
  private readonly names = new Map<string, string>();
  private readonly readStep;

  constructor(
    private readonly context: Context,
    private readonly options: LogOptions,
  ) {
    this.readStep = createStepReader(options.api, options.chars);
  }

  async learn(okrRunId: string): Promise<void> {
    const { okrRun } = await this.options.api.ask(okrRunQuery, { id: okrRunId });
    learnNames(this.names, found(okrRun, 'OKR run', okrRunId));
  }

  async take(event: Event): Promise<void> {
    learnKind(this.names, event);
    if (event.type === 'plan.drafted' && event.okrRunId !== null) await this.learn(event.okrRunId);
    this.events.push(event);
    if (event.type !== 'step.ended') return this.sayLine(event.at, tellEvent(event, this.names));
    return this.options.withSteps ? this.takeStep(event) : this.sayStep(event);
  }

  private say(text: string): void {
    if (!this.context.json) this.context.say(text);
  }

  private sayLine(at: string, line: ReturnType<typeof tellEvent>): void {
    if (line !== null) this.say(`${formatClock(at)} ${renderLine(line, this.context.style)}`);
  }

  private sayStep({ agentRunId, data, at }: Event): void {
    const { index, kind, name, state, note } = data as unknown as StepData;
    const run = this.names.get(agentRunId ?? '') ?? 'agent';
    const said = note === undefined ? '' : `: ${clip(note, 200)}`;
    this.sayLine(at, { state, text: `${run} ${index}: ${kind} ${name}${said}` });
  }

  private async takeStep({ agentRunId, subjectId }: Event): Promise<void> {
    if (agentRunId === null || subjectId === null) return;
    const step = await this.readStep(agentRunId, subjectId);
    if (step === null) return;
    this.steps.push(step);
    const page = pageOf(this.context);
    this.say(renderStep(step, page));
    const text = indentStepText(step.text ?? '', page.width);
    if (text !== '') this.say(page.style.dim(text));
  }
}
