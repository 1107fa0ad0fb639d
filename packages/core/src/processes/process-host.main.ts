// The process host: a small process that starts programs for a large one. Started by process-host.ts only.
import { toFailure } from '@fermata/contracts';
import type { HostOrder, HostReport } from './process-host.messages.js';
import { runHere } from './run-here.js';

const running = new Map<number, AbortController>();

function report(message: HostReport): void {
  // Whoever asked may be gone: then nobody needs the answer.
  if (process.connected) process.send?.(message, undefined, undefined, () => undefined);
}

async function run({ id, options, wantsOutput }: Extract<HostOrder, { type: 'run' }>): Promise<void> {
  const cancel = new AbortController();
  running.set(id, cancel);
  try {
    const onOutput = wantsOutput ? (text: string) => report({ type: 'output', id, text }) : undefined;
    const result = await runHere({ ...options, signal: cancel.signal, ...(onOutput && { onOutput }) }, (pid) =>
      report({ type: 'started', id, pid }),
    );
    report({ type: 'ended', id, result });
  } catch (error) {
    const { code, message, details = {} } = toFailure(error);
    report({ type: 'failed', id, error: { code, message, details } });
  } finally {
    running.delete(id);
  }
}

process.on('message', (order: HostOrder) => {
  if (order.type === 'run') void run(order);
  else running.get(order.id)?.abort();
});

// Whoever asked is gone: nothing it has started goes on without it. With the last program this process ends too.
process.on('disconnect', () => {
  for (const cancel of running.values()) cancel.abort();
});
