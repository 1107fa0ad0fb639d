// The process host: a small process that starts programs for a large one. Started by process-host.ts only.
import { toFailure } from '@fermata/contracts';
import type { HostOrder, HostReport } from './process-host.messages.js';
import { ProcessInput } from './process-input.js';
import { runHere } from './run-here.js';

interface Running {
  cancel: AbortController;
  input: ProcessInput;
}

const running = new Map<number, Running>();

function report(message: HostReport): void {
  // Whoever asked may be gone: then nobody needs the answer.
  if (process.connected) process.send?.(message, undefined, undefined, () => undefined);
}

async function run({ id, options, talk }: Extract<HostOrder, { type: 'run' }>): Promise<void> {
  const [cancel, input] = [new AbortController(), new ProcessInput()];
  running.set(id, { cancel, input });
  const live = {
    ...(talk.hasInput && { input }),
    ...(talk.wantsOutput && { onOutput: (text: string) => report({ type: 'output', id, text }) }),
    ...(talk.wantsStdout && { onStdout: (text: string) => report({ type: 'stdout', id, text }) }),
  };
  try {
    const result = await runHere({ ...options, ...live, signal: cancel.signal }, (pid) =>
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
  switch (order.type) {
    case 'run':
      return void run(order);
    case 'cancel':
      return running.get(order.id)?.cancel.abort();
    case 'input':
      return running.get(order.id)?.input.write(order.text);
    case 'input-end':
      return running.get(order.id)?.input.end();
  }
});

// Whoever asked is gone: nothing it has started goes on without it. With the last program this process ends too.
process.on('disconnect', () => {
  for (const { cancel } of running.values()) cancel.abort();
});
