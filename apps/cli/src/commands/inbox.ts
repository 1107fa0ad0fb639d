import type { AddVerb } from '../act.js';
import { pendingApprovals } from '../graphql/find-approval.js';
import { renderInbox } from '../rendering/approval.js';
import { pageOf } from './page-of.js';

export const addInbox: AddVerb = (program, act) => {
  program
    .command('inbox')
    .description('what waits for a person, oldest first')
    .action(
      act(async (context) => {
        const approvals = await pendingApprovals(await context.api());
        return { text: renderInbox(approvals, pageOf(context)), json: { approvals } };
      }),
    );
};
