import { readFileSync } from 'node:fs';
import { endings, endProcess } from './end-process.mjs';

// Runs when the process that holds a stack has ended without stopping it (kill -9, a crash, a test that was cut off):
// ends the servers it left behind, in order. Arguments: path of stack.json, identity of the holder that is gone.
const [recordPath = '', holder = ''] = process.argv.slice(2);

/** @type {{ holder?: { identity?: string }, processes?: Record<string, import('./end-process.mjs').KnownProcess | undefined> }} */
let record = {};
try {
  record = JSON.parse(readFileSync(recordPath, 'utf8'));
} catch {
  // No record: nothing was started, or the data directory is gone.
}
// Another holder may have taken the data directory over in the meantime: its servers are not ours to end.
if (record.holder?.identity === holder) {
  const { temporal, postgres } = record.processes ?? {};
  if (temporal) await endProcess(temporal, endings.temporal);
  if (postgres) await endProcess(postgres, endings.postgres);
}
