import { ServerUnreachable } from '../graphql/server-unreachable.js';
import { formatAgo } from '../rendering/time.js';
import type { Check, Finding } from './finding.js';
import { calledAs } from '../called-as.js';

const name = 'workers';

/** Whether somebody works, as the API has heard of it. */
export const workers: Check = async ({ hosts }): Promise<Finding> => {
  try {
    return judged(await hosts());
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    if (error instanceof ServerUnreachable) return { name, state: 'ok', detail: `nobody to ask: ${detail}` };
    return { name, state: 'fail', detail, hint: `Look at \`${calledAs} status\`, and at the log of the API.` };
  }
};

interface Host {
  name: string;
  alive: boolean;
  lastSeenAt: string;
}

function judged(hosts: readonly Host[]): Finding {
  const alive = hosts.filter((host) => host.alive);
  if (alive.length > 0) return { name, state: 'ok', detail: `${alive.map((host) => host.name).join(', ')} alive` };
  const [last] = hosts;
  const heard = last ? `the last sign of life is from ${formatAgo(last.lastSeenAt, new Date())}` : 'none ever was';
  const hint = `Start Fermata again (\`${calledAs} up\`), or the worker alone where it runs alone; its log says what is wrong.`;
  return { name, state: 'fail', detail: `none is alive: ${heard}`, hint };
}
