import { setTimeout as sleep } from 'node:timers/promises';
import { DomainError, isDomainError } from '@fermata/contracts';
import { type EndingSteps, endProcess, type KnownProcess } from '../processes/end-process.mjs';
import { isSameProcess } from '../processes/process-identity.mjs';
import { partNames, type StackPart, type StackStep } from '../stack.js';
import { type LaunchCommand, launch, type RunningServer } from './launch.js';
import { explainServerFailure } from './server-failure.js';
import { silenceLimits, type SilenceLimits, untilSilent } from './silence.js';

/** All that differs between the servers we run. */
export interface ServerSpec {
  part: StackPart;
  /** Shown in messages and steps: `127.0.0.1:5432`. */
  address: string;
  dataPath: string;
  command: LaunchCommand;
  ending: EndingSteps;
  /** Removes what an unorderly end left in the way. Runs before every start. */
  beforeStart?(): Promise<void>;
  /** True once it answers. Throws a DomainError when waiting longer cannot help. */
  isReady(): Promise<boolean>;
  /** True when it gives any answer, be it a refusal. One that gives none for long enough hangs, and is ended. */
  answers(): Promise<boolean>;
  /** Default `silenceLimits`. */
  silence?: SilenceLimits;
  /** Called with the new process, and with null when it has ended. */
  onProcess(process: KnownProcess | null): Promise<void>;
  onProgress(step: StackStep): void;
}

const readyWithinMs = 60_000;
const pollMs = 25;
const firstDelayMs = 100;
const longestDelayMs = 5_000;

/**
 * One server, kept running: when it dies it is started again with the same command, so its address stays the same. One
 * that hangs is ended, and so started again.
 */
export class SupervisedServer {
  #running: RunningServer | null = null;
  #stopping = new AbortController();
  #supervision: Promise<void> = Promise.resolve();

  constructor(private readonly spec: ServerSpec) {}

  get pid(): number | undefined {
    return this.#running?.pid;
  }

  /**
   * Starts the server, waits until it answers, and watches over it from then on.
   * @throws DomainError of `explainServerFailure`, `timeout` when it does not answer in time
   */
  async start(signal?: AbortSignal): Promise<void> {
    const startedAt = performance.now();
    this.#report('starting', `starting on ${this.spec.address}`);
    const onAbort = (): void => this.#stopping.abort(signal?.reason);
    signal?.addEventListener('abort', onAbort, { once: true });
    try {
      signal?.throwIfAborted();
      const running = await this.#startOnce();
      this.#report('ready', `ready on ${this.spec.address}`, startedAt);
      this.#supervision = this.#supervise(running);
    } finally {
      signal?.removeEventListener('abort', onAbort);
    }
  }

  /** Ends the server and the watch over it; waits for both. Harmless when it does not run. */
  async stop(): Promise<void> {
    const startedAt = performance.now();
    this.#stopping.abort();
    const running = this.#running;
    if (running !== null) {
      this.#report('stopping', 'stopping');
      await this.#end(running);
      this.#report('stopped', 'stopped', startedAt);
    }
    await this.#supervision;
  }

  async #startOnce(): Promise<RunningServer> {
    await this.spec.beforeStart?.();
    const running = await this.#launch();
    this.#running = running;
    try {
      await this.spec.onProcess({ pid: running.pid, identity: running.identity });
      await this.#waitUntilReady(running);
      return running;
    } catch (error) {
      await this.#end(running);
      throw error;
    }
  }

  async #launch(): Promise<RunningServer> {
    try {
      return await launch(this.spec.command);
    } catch (error) {
      const { program } = this.spec.command;
      throw new DomainError(
        'missing_program',
        `${program} cannot be run: ${error instanceof Error ? error.message : String(error)}. Run \`npm ci\` in the clone to set it up again.`,
        { program },
        { cause: error },
      );
    }
  }

  async #waitUntilReady(running: RunningServer): Promise<void> {
    const { part, address, dataPath, command } = this.spec;
    const end: { how: string | null } = { how: null };
    void running.ended.then((how) => (end.how = how));
    for (const until = Date.now() + readyWithinMs; Date.now() < until; await sleep(pollMs)) {
      this.#stopping.signal.throwIfAborted();
      if (end.how !== null)
        throw explainServerFailure({
          part,
          how: `it ended with ${end.how}`,
          output: running.logTail(),
          logFile: command.logFile,
          dataPath,
        });
      if (await this.spec.isReady()) return;
    }
    throw new DomainError(
      'timeout',
      `The ${partNames[part]} at ${address} did not answer within ${readyWithinMs / 1000} s. Its log is ${command.logFile}.`,
      { part, logFile: command.logFile },
    );
  }

  async #supervise(first: RunningServer): Promise<void> {
    let running = first;
    for (;;) {
      const how = await this.#untilEnded(running);
      if (this.#stopping.signal.aborted) return;
      const diedAt = performance.now();
      this.#running = null;
      this.#report('died', `process ${running.pid} ended with ${how}; starting it again on ${this.spec.address}`);
      const next = await this.#startAgain(diedAt);
      if (next === null) return;
      running = next;
    }
  }

  /** Nothing that hangs ends in order, so it is not asked to. */
  async #untilEnded(running: RunningServer): Promise<string> {
    const { address, silence = silenceLimits } = this.spec;
    const gone = new AbortController();
    const signal = AbortSignal.any([gone.signal, this.#stopping.signal]);
    void untilSilent(() => this.spec.answers(), silence, signal).then((silentMs) => {
      if (silentMs === null) return;
      const forSeconds = Math.round(silentMs / 1_000);
      this.#report('hung', `process ${running.pid} gave no answer on ${address} for ${forSeconds} s; ending it`);
      killGroup(running);
    });
    return running.ended.finally(() => gone.abort());
  }

  /** Tries until it succeeds or the stack is stopped: giving up would end every run that waits for the server. */
  async #startAgain(diedAt: number): Promise<RunningServer | null> {
    for (let delayMs = firstDelayMs; !this.#stopping.signal.aborted; delayMs = Math.min(delayMs * 2, longestDelayMs)) {
      try {
        const running = await this.#startOnce();
        this.#report('restarted', `runs again on ${this.spec.address}`, diedAt);
        return running;
      } catch (error) {
        if (this.#stopping.signal.aborted) return null;
        const reason = isDomainError(error) || error instanceof Error ? error.message : String(error);
        this.#report('restart_failed', `${reason}\nThe next attempt is in ${delayMs} ms.`);
        await sleep(delayMs, undefined, { signal: this.#stopping.signal }).catch(() => undefined);
      }
    }
    return null;
  }

  async #end(running: RunningServer): Promise<void> {
    // A stop is worth staying alive for, a running server alone is not (see `launch`).
    running.child.ref();
    await endProcess(running, this.spec.ending);
    if (this.#running === running) this.#running = null;
    await this.spec.onProcess(null);
  }

  #report(state: StackStep['state'], detail: string, since?: number): void {
    const elapsed = since === undefined ? {} : { elapsedMs: Math.round(performance.now() - since) };
    this.spec.onProgress({ part: this.spec.part, state, detail, ...elapsed });
  }
}

/** Each server leads a group of its own (see `launch`). */
function killGroup({ pid, identity }: RunningServer): void {
  if (!isSameProcess(pid, identity)) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // It ended between the check and the signal.
  }
}
