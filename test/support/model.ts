import { type Json } from '@fermata/contracts';
import {
  type Conversation,
  type ScriptedReply,
  type ScriptedModelServer,
  startScriptedModel,
} from '@fermata/scripted-model';
import { afterAll, beforeAll } from 'vitest';

/** One answer of the model, or what decides it when the question comes. */
export type Turn = ScriptedReply | ((conversation: Conversation) => ScriptedReply | Promise<ScriptedReply>);

/** A model whose every conversation is written down beforehand, by the first line of its brief. */
export interface TestModel {
  server: ScriptedModelServer;
  /** What API and worker must be told to ask it. */
  environment(): Record<string, string>;
  plans(repository: string, turns: readonly Turn[]): void;
  works(title: string, turns: readonly Turn[]): void;
  subtasks(title: string, turns: readonly Turn[]): void;
  /** Without this, every review approves. */
  reviews(title: string, turns: readonly Turn[]): void;
}

export function useModel(): TestModel {
  const scripts = new Map<string, readonly Turn[]>();
  const model: Omit<TestModel, 'server'> & { server?: ScriptedModelServer } = {
    environment: () => ({
      FERMATA_MODEL: 'scripted',
      ANTHROPIC_API_KEY: 'scripted',
      ANTHROPIC_BASE_URL: model.server?.anthropicBaseUrl ?? '',
    }),
    plans: (repository, turns) => void scripts.set(`plan ${repository}`, turns),
    works: (title, turns) => void scripts.set(`task ${title}`, turns),
    subtasks: (title, turns) => void scripts.set(`subtask ${title}`, turns),
    reviews: (title, turns) => void scripts.set(`review ${title}`, turns),
  };
  beforeAll(async () => {
    model.server = await startScriptedModel({
      script: async (conversation) => {
        const key = keyOf(conversation.firstUserText.split('\n', 1)[0] ?? '');
        const turns = scripts.get(key) ?? (key.startsWith('review ') ? [approves] : undefined);
        const turn = turns?.[conversation.assistantTurns];
        return typeof turn === 'function' ? turn(conversation) : turn;
      },
    });
  });
  afterAll(() => model.server?.close());
  return model as TestModel;
}

function keyOf(line: string): string {
  const plan = /^Fermata plan for repository (.*)$/.exec(line);
  if (plan) return `plan ${plan[1]}`;
  const other = /^Fermata (task|repair|review|subtask)(?: of(?: task)?)? \S+: (.*)$/.exec(line);
  return other ? `${other[1]} ${other[2]}` : line;
}

export const call = (name: string, input: Json): ScriptedReply => ({ toolCalls: [{ name, input }] });
export const bash = (command: string): ScriptedReply => call('bash', { command });
export const writes = (path: string, content: string): ScriptedReply => call('write', { path, content });
export const finishes = (summary = 'Done.'): ScriptedReply => call('finish', { summary });
export const spawns = (title: string, more: { resultSchema?: Json; budgetPercent?: number } = {}): ScriptedReply =>
  call('spawn_task', { title, instructions: `Do what the title says: ${title}.`, ...more });
export const approves = call('finish', { verdict: 'approve', summary: 'As ordered.', findings: [] });

/** A plan of tasks by key, each with what it waits for, measured by the share of them that was merged. */
export function planOf(tasks: Record<string, { title: string; after?: string[] }>): ScriptedReply {
  const planned = Object.entries(tasks).map(([key, { title, after = [] }]) => ({
    key,
    title,
    instructions: `Do what the title says: ${title}.`,
    acceptanceCriteria: ['It is there.'],
    verificationSteps: [],
    dependsOn: after,
    predictedPaths: [],
  }));
  return call('finish', {
    objective: { title: 'What was asked for is there', description: 'Somebody wants it.' },
    keyResults: [
      {
        title: 'Planned work merged',
        unit: 'percent',
        statedBaseline: 0,
        target: 100,
        direction: 'increase',
        measure: { kind: 'tasks' },
      },
    ],
    tasks: planned,
  });
}

/** A point at which a test holds the model until it has done something. */
export class Barrier {
  private arrive = (): void => undefined;
  private open = (): void => undefined;
  readonly arrived = new Promise<void>((resolve) => (this.arrive = resolve));
  private readonly opened = new Promise<void>((resolve) => (this.open = resolve));

  /** The turn with the barrier before it. */
  before(turn: ScriptedReply): Turn {
    return async () => {
      await this.pass();
      return turn;
    };
  }

  /** For a turn that is made elsewhere. */
  async pass(): Promise<void> {
    this.arrive();
    await this.opened;
  }

  lift(): void {
    this.open();
  }
}
