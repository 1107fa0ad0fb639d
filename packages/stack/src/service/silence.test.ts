import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { untilSilent } from './silence.js';

const limits = { everyMs: 10, answerWithinMs: 30, silentMs: 100 };

/** Gives these answers one after the other, and the last one for ever. */
function answering(...answers: (boolean | 'never')[]) {
  let asked = 0;
  return {
    asked: () => asked,
    answers: async () => {
      const answer = answers[Math.min(asked++, answers.length - 1)];
      if (answer === 'never') await sleep(60_000, undefined, { ref: false });
      return answer === true;
    },
  };
}

describe('a server', () => {
  it('that refuses every question, or leaves it open, is silent after the limit', async () => {
    for (const answer of [false, 'never'] as const) {
      const server = answering(answer);
      expect(await untilSilent(server.answers, limits, new AbortController().signal)).toBeGreaterThanOrEqual(100);
      expect(server.asked()).toBeGreaterThan(1);
    }
  });

  it('that answers now and then is not silent', async () => {
    const abort = new AbortController();
    const server = answering(false, false, true, false, false, true, 'never', true);
    const watched = untilSilent(server.answers, limits, abort.signal);
    while (server.asked() < 12) await sleep(5);
    abort.abort();
    expect(await watched).toBeNull();
  });

  it('is not blamed for the time in which we ourselves were held up', async () => {
    const abort = new AbortController();
    let asked = 0;
    const watched = untilSilent(
      () => {
        asked += 1;
        // As when the machine sleeps between the question and our hearing the answer.
        const until = performance.now() + 150;
        while (performance.now() < until);
        return Promise.resolve(false);
      },
      limits,
      abort.signal,
    );
    while (asked < 4) await sleep(5);
    abort.abort();
    expect(await watched).toBeNull();
  });

  it('is no longer asked once nobody wants to know', async () => {
    const abort = new AbortController();
    const server = answering('never');
    const watched = untilSilent(server.answers, { ...limits, silentMs: 60_000 }, abort.signal);
    while (server.asked() === 0) await sleep(5);
    abort.abort();
    expect(await watched).toBeNull();
    expect(server.asked()).toBe(1);
  });
});
