import { IdPrefix, idPrefix } from '@fermata/contracts';
import type { AddVerb } from '../act.js';
import type { Context, Outcome } from '../context.js';
import { followEvents, pastEvents } from '../graphql/event-stream.js';
import type { Event } from '../graphql/events.js';
import { Log } from '../watching/log.js';
import { type LogsSubject, logsSubject } from '../watching/logs-subject.js';
import { positiveNumber } from './arguments.js';

interface LogsOptions {
  follow?: boolean;
  chars: number;
}

export const addLogs: AddVerb = (program, act) => {
  program
    .command('logs')
    .description('what happened in a run, task or agent run, and what each step said and gave back')
    .argument('<id>', 'an OKR run, task or agent run')
    .option('-f, --follow', 'go on until it ends')
    .option('--chars <n>', 'of each step’s text, at most', positiveNumber, 2_000)
    .action(act(logs));
};

async function logs(context: Context, id: string, { follow, chars }: LogsOptions): Promise<Outcome> {
  const api = await context.api();
  const subject = await logsSubject(api, id);
  const log = new Log(context, { api, chars, withSteps: idPrefix(id) !== IdPrefix.okrRun });
  await log.learn(subject.okrRunId);
  const { okrRunId } = subject;
  const onConnection = (state: 'lost' | 'back') =>
    void context.stderr.write(
      state === 'lost' ? 'lost the connection to the server; trying again\n' : 'connected again\n',
    );
  const events =
    follow === true
      ? followEvents(api, { okrRunId, signal: context.interruptible(), onConnection })
      : pastEvents(api, okrRunId);
  await takeAll(events, { subject, log, follow: follow === true });
  return { text: '', json: { id, events: log.events, steps: log.steps } };
}

async function takeAll(
  events: AsyncIterable<Event>,
  { subject, log, follow }: { subject: LogsSubject; log: Log; follow: boolean },
): Promise<void> {
  for await (const event of events) {
    if (!subject.isAbout(event)) continue;
    await log.take(event);
    if (follow && subject.mayEnd(event) && (await subject.hasEnded())) return;
  }
}
