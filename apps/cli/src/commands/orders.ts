import { DomainError, IdPrefix, idPrefix } from '@fermata/contracts';
import type { AddVerb } from '../act.js';
import { cancelRunMutation, pauseRunMutation, resumeRunMutation, retryTaskMutation } from '../graphql/orders.js';
import { stateWords } from '../rendering/state.js';
import { calledAs } from '../called-as.js';

export const addPause: AddVerb = (program, act) => {
  program
    .command('pause')
    .description('hold a run: what is under way ends its step, nothing new begins')
    .argument('<id>', 'an OKR run')
    .action(
      act(async (context, id: string) => {
        requireKind(id, [IdPrefix.okrRun], 'Only OKR runs are paused');
        const { okrRun } = (await (await context.api()).ask(pauseRunMutation, { input: { id } })).pauseRun;
        return { text: `${stateWords(okrRun.state)}: ${id}\nlet it go on: ${calledAs} resume ${id}`, json: { okrRun } };
      }),
    );
};

export const addResume: AddVerb = (program, act) => {
  program
    .command('resume')
    .description('let a paused run go on where it was')
    .argument('<id>', 'an OKR run')
    .action(
      act(async (context, id: string) => {
        requireKind(id, [IdPrefix.okrRun], 'Only OKR runs are resumed');
        const { okrRun } = (await (await context.api()).ask(resumeRunMutation, { input: { id } })).resumeRun;
        return { text: `${stateWords(okrRun.state)}: ${id}`, json: { okrRun } };
      }),
    );
};

export const addCancel: AddVerb = (program, act) => {
  program
    .command('cancel')
    .description('end a run or one of its tasks; work done is kept on its branch')
    .argument('<id>', 'an OKR run or a task')
    .option('--reason <text>', 'why')
    .action(
      act(async (context, id: string, { reason }: { reason?: string }) => {
        requireKind(id, [IdPrefix.okrRun, IdPrefix.task], 'Only OKR runs and tasks are cancelled');
        const input = { id, reason: reason ?? null };
        const { okrRun, task } = (await (await context.api()).ask(cancelRunMutation, { input })).cancelRun;
        const { state } = task ?? okrRun;
        const text =
          state === 'cancelled' ? `cancelled: ${id}` : `being cancelled: ${id}\nsee it end: ${calledAs} logs ${id} -f`;
        return { text, json: { okrRun, task } };
      }),
    );
};

export const addRetry: AddVerb = (program, act) => {
  program
    .command('retry')
    .description('reopen a task that failed or ended without landing, as a new attempt')
    .argument('<id>', 'a task')
    .action(
      act(async (context, id: string) => {
        requireKind(id, [IdPrefix.task], 'Only tasks are tried again, while their run still works on others');
        // A second retry of the same task could reopen it once more.
        const answer = await (
          await context.api()
        ).ask(retryTaskMutation, { input: { taskId: id } }, { repeatable: false });
        const { task } = answer.retryTask;
        return { text: `${stateWords(task.state)}: ${id}\nfollow: ${calledAs} logs ${id} -f`, json: { task } };
      }),
    );
};

function requireKind(id: string, kinds: readonly IdPrefix[], rule: string): void {
  const prefix = idPrefix(id);
  if (prefix !== null && kinds.includes(prefix)) return;
  throw new DomainError(
    'invalid_input',
    `${rule}: "${id}" is no ${kinds.map((kind) => `${kind}_… id`).join(' or ')}.`,
    { id },
  );
}
