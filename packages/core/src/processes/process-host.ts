import { type ChildProcess, fork } from 'node:child_process';
import { DomainError } from '@fermata/contracts';
import { endProcessGroup } from './process-group.js';
import type { ProcessOptions, ProcessResult } from './process.js';
import type { HostOrder, HostReport } from './process-host.messages.js';

/** A small process that starts programs for this one. */
export interface ProcessHost {
  /** As `runProcess`. */
  run(options: ProcessOptions): Promise<ProcessResult>;
  /** Cancels what is still running and lets the host go. */
  close(): void;
}

interface Pending {
  resolve(result: ProcessResult): void;
  reject(error: Error): void;
  onOutput: ((chunk: string) => void) | undefined;
  onStdout: ((chunk: string) => void) | undefined;
  pid?: number;
}

/** Of what a lost host leaves behind, between TERM and KILL. */
const lostGraceMs = 2_000;

// Only what was compiled can be a process of its own; a test runner runs this file as source.
const program = new URL(
  import.meta.url.endsWith('.ts') ? '../../dist/processes/process-host.main.js' : './process-host.main.js',
  import.meta.url,
);

let installed: ProcessHost | null = null;

/** The host that `runProcess` uses; null when programs are started by this process itself. */
export function installedHost(): ProcessHost | null {
  return installed;
}

/**
 * From now on `runProcess` leaves the starting of programs to a process host.
 *
 * Starting a program copies the page tables of the process that starts it, and stops that process meanwhile: 1 ms for
 * one of 50 MB, 30 ms and more for a worker of 450 MB, with everything else that it does waiting. The host stays small.
 * It has no environment of its own, ends with this process, whatever way that ends, and takes what it started with it.
 */
export function installProcessHost(): ProcessHost {
  const host = createProcessHost();
  installed = {
    run: (options) => host.run(options),
    close() {
      installed = null;
      host.close();
    },
  };
  return installed;
}

/** The host is started with the first program, and again after it was lost. */
export function createProcessHost(): ProcessHost {
  let link: HostLink | null = null;
  return {
    async run(options) {
      link = link?.isOpen ? link : new HostLink();
      return link.run(options);
    },
    close: () => link?.close(),
  };
}

class HostLink {
  private readonly child: ChildProcess;
  private readonly pending = new Map<number, Pending>();
  private lastId = 0;

  constructor() {
    this.child = fork(program, {
      execArgv: [],
      env: {},
      cwd: '/',
      detached: true,
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    this.child.on('message', (report: HostReport) => this.hear(report));
    this.child.on('error', () => undefined);
    this.child.once('disconnect', () => void this.lose());
    this.child.unref();
    this.child.channel?.unref();
  }

  get isOpen(): boolean {
    return this.child.connected;
  }

  run({ signal, input, onOutput, onStdout, ...options }: ProcessOptions): Promise<ProcessResult> {
    const id = ++this.lastId;
    const cancel = (): void => this.send({ type: 'cancel', id });
    const answer = new Promise<ProcessResult>((resolve, reject) => {
      this.pending.set(id, { resolve, reject, onOutput, onStdout });
    });
    // Our own event loop must live until the answer is here, and no longer.
    this.child.channel?.ref();
    const wants = { wantsOutput: onOutput !== undefined, wantsStdout: onStdout !== undefined };
    this.send({ type: 'run', id, options, talk: { ...wants, hasInput: input !== undefined } });
    input?.bind({
      write: (text) => this.send({ type: 'input', id, text }),
      end: () => this.send({ type: 'input-end', id }),
    });
    if (signal?.aborted === true) cancel();
    signal?.addEventListener('abort', cancel, { once: true });
    return answer.finally(() => {
      signal?.removeEventListener('abort', cancel);
      this.pending.delete(id);
      if (this.pending.size === 0) this.child.channel?.unref();
    });
  }

  close(): void {
    if (this.child.connected) this.child.disconnect();
  }

  private send(order: HostOrder): void {
    // A host that is gone shows by its `disconnect`, which settles everything.
    if (this.child.connected) this.child.send(order, () => undefined);
  }

  private hear(report: HostReport): void {
    const asked = this.pending.get(report.id);
    if (!asked) return;
    switch (report.type) {
      case 'started':
        asked.pid = report.pid;
        break;
      case 'output':
        asked.onOutput?.(report.text);
        break;
      case 'stdout':
        asked.onStdout?.(report.text);
        break;
      case 'ended':
        asked.resolve(report.result);
        break;
      case 'failed': {
        const { code, message, details } = report.error;
        asked.reject(new DomainError(code, message, details));
      }
    }
  }

  /** What a lost host had started is ended before anybody is told, so that nothing runs beside the next attempt. */
  private async lose(): Promise<void> {
    const lost = [...this.pending.values()];
    const started = lost.flatMap(({ pid }) => pid ?? []);
    await Promise.all(started.map((pid) => endProcessGroup(pid, lostGraceMs)));
    for (const asked of lost) {
      asked.reject(new DomainError('unavailable', 'The process that starts programs was lost; it is started again.'));
    }
  }
}
