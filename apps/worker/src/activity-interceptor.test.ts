import { DomainError } from '@fermata/contracts';
import { Context } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createActivityInterceptor } from './activity-interceptor.js';
import type { RetryWaits } from './retry-waits.js';

let lines: string[];
let told: string[];
beforeEach(() => void ([lines, told] = [[], []]));
afterEach(() => void vi.useRealTimers());

function environment(heartbeatTimeoutMs?: number): MockActivityEnvironment {
  const logger = pino({}, { write: (line: string) => void lines.push(line) });
  const info = { activityType: 'runTool', ...(heartbeatTimeoutMs !== undefined && { heartbeatTimeoutMs }) };
  const retryWaits: RetryWaits = {
    failed: async ({ input }, { message }) => void told.push(`${JSON.stringify(input)} failed: ${message}`),
    succeeded: async ({ input }) => void told.push(`${JSON.stringify(input)} succeeded`),
  };
  const interceptors = [createActivityInterceptor({ logger, retryWaits })];
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

  it('logs a defect of ours as an error, and what the world did as a warning', async () => {
    await failing(new TypeError('oops'));
    await failing(new DomainError('internal', 'oops'));
    await failing(new DomainError('unavailable', 'Away.'));
    expect(lines.map((text) => (JSON.parse(text) as { level: number }).level)).toEqual([50, 50, 40]);
  });

  it('tells how each try at it went, unless it was ended', async () => {
    const input = { taskId: 'task_1' };
    await environment().run((_: unknown) => Promise.resolve(), input);
    const oops = (_: unknown): Promise<void> => Promise.reject(new TypeError('oops'));
    await environment()
      .run(oops, input)
      .catch(() => undefined);
    const ended = environment();
    ended.cancel();
    await ended.run(oops, input).catch(() => undefined);
    expect(told).toEqual(['{"taskId":"task_1"} succeeded', '{"taskId":"task_1"} failed: oops']);
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
