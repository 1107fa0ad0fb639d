import { readFile } from 'node:fs/promises';
import { reading } from './statistics.mjs';

/**
 * Resident memory of API and worker, from /proc; no rows where there is none.
 * @param {{ pids: { api?: number, worker?: number } }} fermata
 * @param {string} when
 */
export async function memoryOf({ pids }, when) {
  const rows = await Promise.all(
    ['api', 'worker'].map(async (part) => {
      const text = await readFile(`/proc/${pids[part]}/status`, 'utf8').catch(() => '');
      const kib = /^VmRSS:\s+(\d+) kB$/m.exec(text)?.[1];
      return kib ? [reading(`memory_${part}_${when}`, 'MiB', Number(kib) / 1024)] : [];
    }),
  );
  return rows.flat();
}
