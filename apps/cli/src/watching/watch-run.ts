import { isFinal, OkrRunState, okrRunTransitions } from '@fermata/contracts';
import type { Context } from '../context.js';
import type { Api } from '../graphql/api.js';
import { followEvents } from '../graphql/event-stream.js';
import type { Event } from '../graphql/events.js';
import { found } from '../graphql/found.js';
import { type OkrRun, okrRunQuery } from '../graphql/okr-run.js';
import { tellEvent } from '../rendering/event-line.js';
import { createLines } from './lines.js';
import { createLiveView } from './live-view.js';
import { learnKind, learnNames } from './names.js';
import type { RunView } from './run-view.js';

/** Waits are not told as events: now and then we look. */
const lookEveryMs = 5_000;

/**
 * Shows what happens to a run until it ends or somebody interrupts, and gives it as it is then.
 * @throws ServerUnreachable when the server stays away; DomainError `not_found`
 */
export async function watchRun(context: Context, api: Api, id: string): Promise<OkrRun> {
  const read = async () => found((await api.ask(okrRunQuery, { id })).okrRun, 'OKR run', id);
  const view = isLively(context) ? createLiveView(context) : createLines(context);
  const watch = new RunWatch(read, view);
  const stop = new AbortController();
  const signal = AbortSignal.any([stop.signal, context.interruptible()]);
  const timer = setInterval(() => void watch.lookAgain(stop), lookEveryMs);
  try {
    await watch.look();
    const onConnection = (state: 'lost' | 'back') => view.connection(state);
    const events = followEvents(api, { okrRunId: id, signal, onConnection });
    for await (const event of events) if (await watch.take(event)) break;
    return await read();
  } finally {
    clearInterval(timer);
    view.end();
  }
}

function isLively({ json, stdout, config }: Context): boolean {
  return !json && stdout.isTTY === true && config.lively;
}

class RunWatch {
  private readonly names = new Map<string, string>();
  private lookedAt = '';
  private endsSeen = 0;

  constructor(
    private readonly read: () => Promise<OkrRun>,
    private readonly view: RunView,
  ) {}

  async look(): Promise<OkrRun> {
    const lookedAt = new Date().toISOString();
    const run = await this.read();
    this.lookedAt = lookedAt;
    learnNames(this.names, run);
    this.view.run(run);
    return run;
  }

  /** A server that is away is the stream's to notice. An end whose event never comes is still an end. */
  async lookAgain(stop: AbortController): Promise<void> {
    const run = await this.look().catch(() => null);
    if (run !== null && isFinal(okrRunTransitions, run.state) && ++this.endsSeen > 1) stop.abort();
  }

  /** True when this was the run's end. */
  async take(event: Event): Promise<boolean> {
    learnKind(this.names, event);
    const line = tellEvent(event, this.names);
    // Events from before we looked tell nothing new about how things stand.
    if (line !== null && event.at > this.lookedAt) await this.look();
    const told = line === null ? null : (tellEvent(event, this.names) ?? line);
    if (told !== null) this.view.line(event.at, told);
    return event.type === 'okr_run.state_changed' && this.isEnd(event);
  }

  private isEnd({ data }: Event): boolean {
    const { to } = (data ?? {}) as { to?: unknown };
    const state = Object.values(OkrRunState).find((each) => each === to);
    return state !== undefined && isFinal(okrRunTransitions, state);
  }
}
