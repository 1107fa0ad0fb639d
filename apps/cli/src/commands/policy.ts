import type { AddVerb } from '../act.js';
import { testPolicyQuery } from '../graphql/policy.js';
import { renderPolicyDecision } from '../rendering/policy.js';
import { pageOf } from './page-of.js';

export const addPolicy: AddVerb = (program, act) => {
  const policy = program.command('policy').description('what agents may do');

  policy
    .command('test')
    .description('say what the policy of an agent decides about a command line, and why; nothing is run')
    .argument('<command>', 'the whole command line, in quotes')
    .option('--agent <name>', 'whose policy', 'default')
    .action(
      act(async (context, command: string, { agent }: { agent: string }) => {
        const { testPolicy } = await (await context.api()).ask(testPolicyQuery, { agent, command });
        return { text: renderPolicyDecision(testPolicy, pageOf(context)), json: { decision: testPolicy } };
      }),
    );
};
