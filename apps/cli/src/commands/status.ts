import type { AddVerb } from '../act.js';
import { statusQuery } from '../graphql/status.js';
import { renderStatus, type StatusDocument } from '../rendering/status.js';
import { readServerFile } from '../running/server-file.js';
import { pageOf } from './page-of.js';

export const addStatus: AddVerb = (program, act) => {
  program
    .command('status')
    .description('is it up, what is active, and what waits for what')
    .action(
      act(async (context) => {
        const api = await context.api();
        const answer = await api.ask(statusQuery, {}, { retries: 0 });
        const { url } = api.server;
        const local = await readServerFile(context.config.home);
        const temporalUiUrl = local?.url === url ? local.temporalUiUrl : null;
        const document: StatusDocument = { url, temporalUiUrl, ...answer };
        return { text: renderStatus(document, pageOf(context)), json: document };
      }),
    );
};
