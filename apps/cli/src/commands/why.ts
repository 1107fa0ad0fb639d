import type { AddVerb } from '../act.js';
import { found } from '../graphql/found.js';
import { whyQuery } from '../graphql/why.js';
import { renderWhy } from '../rendering/why.js';
import { whyChain } from '../watching/why-chain.js';
import { pageOf } from './page-of.js';

export const addWhy: AddVerb = (program, act) => {
  program
    .command('why')
    .description('why something has not ended, or failed: the chain of what waits for what, down to the bottom')
    .argument('<id>', 'a run, task, agent run, change request or approval')
    .action(
      act(async (context, id: string) => {
        const api = await context.api();
        const chain = await whyChain(id, async (each) =>
          found((await api.ask(whyQuery, { id: each })).node, 'item', each),
        );
        return { text: renderWhy(chain, pageOf(context)), json: { chain } };
      }),
    );
};
