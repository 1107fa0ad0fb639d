import { DomainError } from '@fermata/contracts';
import { Context } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createActivityInterceptor } from './activity-interceptor.js';

let lines: string[];
beforeEach(() => void (lines = []));
afterEach(() => void vi.useRealTimers());

function environment(heartbeatTimeoutMs?: number): MockActivityEnvironment {
  const logger = pino({}, { write: (line: string) => void lines.push(line) });
  const info = { activityType: 'runTool', ...(heartbeatTimeoutMs !== undefined && { heartbeatTimeoutMs }) };
  const interceptors = [createActivityInterceptor(logger)];
  return new MockActivityEnvironment(info, { interceptors, logger: new DefaultLogger('ERROR') });
}

const failing = (error: Error) =>
  environment()
    .run(() => Promise.reject(error))
    .catch((thrown: unknown) => thrown);

describe('every activity', () => {
  it('fails as what it threw, with retry and delay as its code says', async () => {
    const limited = new DomainError('provider_rate_limited', 'Later.', { model: 'm' }, { retryAfterMs: 7_000 });
    const failure = await failing(limited);
    expect(failure).toBeInstanceOf(ApplicationFailure);
    expect(failure).toMatchObject({ type: 'provider_rate_limited', nonRetryable: false, nextRetryDelay: 7_000 });
    expect(await failing(new DomainError('not_found', 'No.'))).toMatchObject({ type: 'not_found', nonRetryable: true });
    expect(await failing(new TypeError('oops'))).toMatchObject({ type: 'internal', nonRetryable: false });
  });

  it('says in the log which one failed and why', async () => {
    await failing(new DomainError('git_failed', 'The ref is locked.'));
    const [line] = lines.map((text) => JSON.parse(text) as object);
    expect(line).toMatchObject({
      ...{ msg: 'activity failed', activityType: 'runTool', attempt: 1 },
      ...{ code: 'git_failed', reason: 'The ref is locked.' },
    });
  });

  it('keeps out of the log what commands printed and providers said', async () => {
    await failing(new DomainError('command_failed', 'Its output ends: secret-1', { output: 'secret-2' }));
    await failing(new DomainError('provider_rejected', 'It said: secret-3'));
    expect(lines).toHaveLength(2);
    expect(lines.join('')).not.toContain('secret');
  });

  it('heartbeats while it runs, where somebody listens', async () => {
    vi.useFakeTimers();
    const quiet = environment();
    const watched = environment(30_000);
    const beats: string[] = [];
    quiet.on('heartbeat', () => beats.push('quiet'));
    watched.on('heartbeat', () => beats.push('watched'));
    const work = (): Promise<void> =>
      new Promise((resolve) => {
        Context.current().cancellationSignal.addEventListener('abort', () => resolve());
      });
    const both = Promise.all([quiet.run(work), watched.run(work)]);
    await vi.advanceTimersByTimeAsync(12_000);
    expect(beats).toEqual(['watched', 'watched']);
    quiet.cancel();
    watched.cancel();
    await both;
    await vi.advanceTimersByTimeAsync(60_000);
    expect(beats).toHaveLength(2);
  });

  it('that was cancelled is no failure to log', async () => {
    const environmentOfOne = environment();
    const ended = environmentOfOne.run(() => Context.current().cancelled).catch((error: unknown) => error);
    environmentOfOne.cancel();
    expect(await ended).toMatchObject({ name: 'CancelledFailure' });
    expect(lines).toEqual([]);
  });
});
