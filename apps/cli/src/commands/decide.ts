import { answeredKinds, DomainError } from '@fermata/contracts';
import type { Act, AddVerb } from '../act.js';
import { ask, confirm, isAttended } from '../asking.js';
import type { Context, Outcome } from '../context.js';
import { type Approval, decideApprovalMutation } from '../graphql/approval.js';
import { findApproval } from '../graphql/find-approval.js';
import { answerHint, renderSubject } from '../rendering/approval.js';
import { pageOf } from './page-of.js';

type Decision = 'APPROVE' | 'DENY';

interface DecideOptions {
  reason?: string;
  answer?: string;
  yes?: boolean;
  always?: boolean;
}

const idHelp = 'an approval, or the run or task that waits for one';

export const addApprove: AddVerb = (program, act) => {
  program
    .command('approve')
    .description('say yes to what waits for you; shows it, and on a terminal asks first')
    .argument('<id>', idHelp)
    .option('--reason <text>', 'why')
    .option('--answer <text>', 'the answer to a question, or the value of a measurement')
    .option('--always', 'of what an agent wants to do: add the rule that is shown to its policy')
    .option('--yes', 'do not ask')
    .action(decide(act, 'APPROVE'));
};

export const addDeny: AddVerb = (program, act) => {
  program
    .command('deny')
    .description('say no to what waits for you')
    .argument('<id>', idHelp)
    .option('--reason <text>', 'why')
    .option('--yes', 'do not ask')
    .action(decide(act, 'DENY'));
};

function decide(act: Act, decision: Decision) {
  return act(async (context, id: string, options: DecideOptions): Promise<Outcome> => {
    const api = await context.api();
    const approval = await findApproval(api, id);
    requireOpen(approval, decision);
    const answer = await answerTo(context, approval, { decision, given: options.answer });
    if (!context.json) context.say(`${approval.title}\n\n${renderSubject(approval, pageOf(context))}\n`);
    if (!options.yes && isAttended(context) && !(await confirm(context, decision === 'APPROVE' ? 'Approve?' : 'Deny?')))
      throw new DomainError('conflict', `Nothing was decided: ${approval.id} still waits.`, { id: approval.id });
    // What was shown is what is decided: if it has changed since, the API refuses this digest.
    const input = {
      approvalId: approval.id,
      digest: approval.digest,
      decision,
      reason: options.reason ?? null,
      answer: answer ?? null,
      remember: options.always ?? null,
    };
    const { decideApproval } = await api.ask(decideApprovalMutation, { input });
    return { text: renderDecided(decideApproval.approval), json: { approval: decideApproval.approval } };
  });
}

function requireOpen({ id, state, decidedBy }: Approval, decision: Decision): void {
  const same = (state === 'approved' && decision === 'APPROVE') || (state === 'denied' && decision === 'DENY');
  if (state === 'pending' || same) return;
  const by = decidedBy === null ? '' : ` by ${decidedBy}`;
  throw new DomainError('approval_closed', `${id} can no longer be decided: it is ${state}${by}.`, { id, state });
}

async function answerTo(
  context: Context,
  approval: Approval,
  { decision, given }: { decision: Decision; given: string | undefined },
): Promise<string | undefined> {
  if (given !== undefined || decision === 'DENY' || approval.state !== 'pending') return given;
  if (!answeredKinds.includes(approval.kind)) return undefined;
  const answer = isAttended(context) ? await ask(context, `${approval.title}\nYour answer:`) : '';
  if (answer !== '') return answer;
  throw new DomainError(
    'invalid_input',
    `${approval.id} asks for an answer: fermata approve ${approval.id}${answerHint(approval)}`,
    { id: approval.id, kind: approval.kind },
  );
}

function renderDecided({ id, state, okrRun }: Approval): string {
  return `${state}: ${id}\nfollow: fermata logs ${okrRun.id} -f`;
}
