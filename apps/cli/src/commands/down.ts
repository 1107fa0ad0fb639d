import { setTimeout as sleep } from 'node:timers/promises';
import { join, resolve } from 'node:path';
import { DomainError } from '@fermata/contracts';
import type { AddVerb } from '../act.js';
import type { Context, Outcome } from '../context.js';

const lookEveryMs = 200;
const longestMs = 90_000;

export const addDown: AddVerb = (program, act) => {
  program
    .command('down')
    .description('stop the Fermata that runs on this machine, and wait until it has')
    .option('--data-dir <path>', 'its data directory; FERMATA_HOME or ~/.fermata when left out')
    .action(act(down));
};

async function down(context: Context, { dataDir }: { dataDir?: string }): Promise<Outcome> {
  const { lockHolder } = await import('@fermata/stack');
  const home = resolve(context.cwd, dataDir ?? context.config.home);
  const lock = join(home, 'lock');
  const holder = lockHolder(lock);
  if (holder === null) return { text: `No Fermata runs in ${home}.`, json: { stopped: false, dataDir: home } };
  const { pid } = holder;
  signalHolder(pid);
  context.stderr.write(`stopping process ${pid} …\n`);
  for (const begun = Date.now(); lockHolder(lock)?.pid === pid; await sleep(lookEveryMs))
    if (Date.now() - begun > longestMs)
      throw new DomainError(
        'timeout',
        `Process ${pid} has not stopped within ${longestMs / 1000} s. Look at ${join(home, 'logs')}, or end it: kill -9 ${pid} (nothing is lost).`,
        { pid },
      );
  return { text: 'Stopped.', json: { stopped: true, pid, dataDir: home } };
}

function signalHolder(pid: number): void {
  try {
    process.kill(pid, 'SIGTERM');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return;
    throw new DomainError(
      'forbidden',
      `Process ${pid} runs Fermata and is not yours to stop. Ask whoever started it.`,
      {
        pid,
      },
    );
  }
}
