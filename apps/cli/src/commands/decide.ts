import { answeredKinds, DomainError, IdPrefix, idPrefix } from '@fermata/contracts';
import type { Act, AddVerb } from '../act.js';
import { ask, confirm, isAttended } from '../asking.js';
import type { Context, Outcome } from '../context.js';
import { type Approval, decideApprovalMutation } from '../graphql/approval.js';
import { findApproval } from '../graphql/find-approval.js';
import { answerHint, renderSubject } from '../rendering/approval.js';
import { pageOf } from './page-of.js';
import { calledAs } from '../called-as.js';

type Decision = 'APPROVE' | 'DENY';

interface DecideOptions {
  reason?: string;
  answer?: string;
  digest?: string;
  yes?: boolean;
  always?: boolean;
}

const digestHelp = 'of what you saw, as `inbox --json` and `show` tell it: nothing else is decided';
const idHelp = 'an approval, or the run or task that waits for one';

export const addApprove: AddVerb = (program, act) => {
  program
    .command('approve')
    .description('say yes to what waits for you; shows it, and on a terminal asks first')
    .argument('<id>', idHelp)
    .option('--reason <text>', 'why')
    .option('--answer <text>', 'the answer to a question, or the value of a measurement')
    .option('--always', 'of what an agent wants to do: add the rule that is shown to its policy')
    .option('--digest <sha256>', digestHelp)
    .option('--yes', 'do not ask')
    .action(decide(act, 'APPROVE'));
};

export const addDeny: AddVerb = (program, act) => {
  program
    .command('deny')
    .description('say no to what waits for you')
    .argument('<id>', idHelp)
    .option('--reason <text>', 'why')
    .option('--digest <sha256>', digestHelp)
    .option('--yes', 'do not ask')
    .action(decide(act, 'DENY'));
};

function decide(act: Act, decision: Decision) {
  return act(async (context, id: string, options: DecideOptions): Promise<Outcome> => {
    const asks = options.yes !== true && isAttended(context);
    if (decision === 'APPROVE' && !asks) requireSeen(id, options);
    const api = await context.api();
    const approval = await findApproval(api, id, options.digest);
    requireOpen(approval, decision);
    const answer = await answerTo(context, approval, { decision, given: options.answer });
    if (!context.json) context.say(`${approval.title}\n\n${renderSubject(approval, pageOf(context))}\n`);
    if (asks) await requireYes(context, approval, decision);
    // What was shown is what is decided: if it has changed since, the API refuses this digest.
    const input = {
      approvalId: approval.id,
      digest: options.digest ?? approval.digest,
      decision,
      reason: options.reason ?? null,
      answer: answer ?? null,
      ...(options.always && { remember: true }),
    };
    const { decideApproval } = await api.ask(decideApprovalMutation, { input });
    return { text: renderDecided(decideApproval.approval), json: { approval: decideApproval.approval } };
  });
}

/** What waits about a run may have changed since somebody looked; an approval asks about one thing only, for ever. */
function requireSeen(id: string, { digest }: DecideOptions): void {
  if (digest !== undefined || idPrefix(id) === IdPrefix.approval) return;
  const message = `Nobody is asked here, so say what you have seen: ${calledAs} approve apr_…, or --digest. Both are in ${calledAs} inbox --json.`;
  throw new DomainError('invalid_input', message, { id });
}

async function requireYes(context: Context, { id }: Approval, decision: Decision): Promise<void> {
  if (await confirm(context, decision === 'APPROVE' ? 'Approve?' : 'Deny?')) return;
  throw new DomainError('conflict', `Nothing was decided: ${id} still waits.`, { id });
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
    `${approval.id} asks for an answer: ${calledAs} approve ${approval.id}${answerHint(approval)}`,
    { id: approval.id, kind: approval.kind },
  );
}

function renderDecided({ id, state, okrRun }: Approval): string {
  return `${state}: ${id}\nfollow: ${calledAs} logs ${okrRun.id} -f`;
}
