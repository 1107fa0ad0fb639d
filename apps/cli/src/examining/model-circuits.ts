import { ServerUnreachable } from '../graphql/server-unreachable.js';
import { circuitWords } from '../rendering/status.js';
import type { Check } from './finding.js';

const name = 'model circuits';

/** Whether they answer, as the calls of all runs have found out. */
export const modelCircuits: Check = async ({ modelCircuits: ask }) => {
  try {
    const circuits = await ask();
    if (circuits.length === 0) return { name, state: 'ok', detail: 'no call of late went without an answer' };
    const hint =
      'It is tried again by itself. A model policy with a fallback goes on meanwhile: docs/guides/models.md.';
    return { name, state: 'warn', detail: circuits.map(circuitWords).join('; '), hint };
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    if (error instanceof ServerUnreachable) return { name, state: 'ok', detail: `nobody to ask: ${detail}` };
    return { name, state: 'fail', detail, hint: 'Look at the log of the API.' };
  }
};
