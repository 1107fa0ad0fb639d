import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Asks again and again until the answer is truthy, and returns it. An error counts as "not yet": what is being killed
 * and started again cannot always answer.
 * @throws when it takes longer than any machine needs, with the last answer or error
 */
export async function until<T>(
  what: string,
  ask: () => Promise<T> | T,
  { withinMs = 120_000, everyMs = 50 } = {},
): Promise<NonNullable<T>> {
  let last: unknown = 'nothing';
  for (const end = Date.now() + withinMs; Date.now() < end; await sleep(everyMs)) {
    try {
      const answer = await ask();
      if (answer) return answer;
      last = answer;
    } catch (error) {
      last = error;
    }
  }
  throw new Error(`waited ${withinMs / 1000} s in vain for ${what}; last: ${String(last)}`, { cause: last });
}
