import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { signOfLifeEveryMs } from '@fermata/contracts';
import type { HostRepository } from '@fermata/database';
import type { Logger } from 'pino';

export interface SignsOfLife {
  /** Says that this host was stopped in order. Whoever reads then waits for no sign of it. */
  stop(): Promise<void>;
}

interface Host {
  id: string;
  containment: string;
}

/**
 * Says again and again that this host is alive. It says nothing when this process hangs, which is the point. What cannot be
 * said is logged once for each silence: a database that is away is told by everything else already.
 */
export async function startSignsOfLife(hosts: HostRepository, host: Host, logger: Logger): Promise<SignsOfLife> {
  const sign = { ...host, name: hostname(), version: versionOf(), startedAt: new Date() };
  let said = Promise.resolve();
  let silent = false;
  const say = async (): Promise<void> => {
    try {
      await hosts.seen(sign);
      silent = false;
    } catch (error) {
      if (!silent) logger.warn({ err: error, hostId: host.id }, 'cannot say that this host is alive');
      silent = true;
    }
  };
  await say();
  // One after the other: a sign that is late must not undo the word that this host has stopped.
  const timer = setInterval(() => {
    said = said.then(say);
  }, signOfLifeEveryMs);
  return {
    async stop() {
      clearInterval(timer);
      await said;
      await hosts.stopped(host).catch((error: unknown) => {
        logger.warn({ err: error, hostId: host.id }, 'cannot say that this host has stopped');
      });
    },
  };
}

function versionOf(): string {
  const text = readFileSync(new URL('../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}
