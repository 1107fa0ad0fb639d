import type { BackgroundProcesses } from '@fermata/core/tools';
import { type Database, endedAmong } from '@fermata/database';
import type { Logger } from 'pino';

const lookEveryMs = 5_000;

/**
 * Ends what agents have left running when their run has ended, wherever it was ended: another host may have done so.
 * @returns stops looking
 */
export function endLeftPrograms(background: BackgroundProcesses, database: Database, logger: Logger): () => void {
  let looking = false;
  const look = async (): Promise<void> => {
    for (const agentRunId of await endedAmong(database, background.owners())) await background.endOf(agentRunId);
  };
  const timer = setInterval(() => {
    if (looking || background.owners().length === 0) return;
    looking = true;
    look()
      .catch((error: unknown) => logger.warn({ err: error }, 'cannot see whether runs with programs have ended'))
      .finally(() => {
        looking = false;
      });
  }, lookEveryMs);
  return () => clearInterval(timer);
}
