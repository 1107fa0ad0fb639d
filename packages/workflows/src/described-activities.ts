import { summaryOf } from '@fermata/contracts';
import {
  type ActivityOptions,
  CancellationScope,
  type LocalActivityOptions,
  proxyActivities,
  proxyLocalActivities,
} from '@temporalio/workflow';
import { isLasting, isSettleable } from './failures.js';

type InputOf<Activity> = Activity extends (input: infer Input) => unknown ? Input : never;

/** A sentence for every activity, fixed or made of its input, so that Temporal's own history reads like a log. */
export type Summaries<A> = { readonly [K in keyof A & string]: string | ((input: InputOf<A[K]>) => string) };

type Callable<A> = { readonly [K in keyof A]: A[K] };

/** Proxies of the activities of one contract, each with its summary. */
export function describedActivities<A extends object>(options: ActivityOptions, summaries: Summaries<A>): Callable<A> {
  return describe<A>(summaries, (summary) => proxyActivities<A>({ ...options, summary }) as Callable<A>);
}

/** The same as local activities: for small, quick, idempotent database work only. */
export function describedLocalActivities<A extends object>(
  options: LocalActivityOptions,
  summaries: Summaries<A>,
): Callable<A> {
  return describe<A>(summaries, (summary) => proxyLocalActivities<A>({ ...options, summary }) as Callable<A>);
}

/**
 * The same local activities, which no cancel reaches: for those that are over soon, and not tried for ever. The SDK fails the
 * workflow's task when one is cancelled that has just ended.
 */
export function uncancelled<A extends object>(activities: Callable<A>): Callable<A> {
  return eachOf(activities, (call) => (input) => CancellationScope.nonCancellable(() => call(input)));
}

/** The activities, and where one fails in a way that may pass, the same of `others`. */
export function orElse<A extends object>(activities: Callable<A>, others: Callable<A>): Callable<A> {
  return eachOf(activities, (call, name) => async (input) => {
    try {
      return await call(input);
    } catch (error) {
      if (!isSettleable(error) || isLasting(error)) throw error;
      return (others[name] as Call)(input);
    }
  });
}

type Call = (input: unknown) => Promise<unknown>;

function eachOf<A extends object>(activities: Callable<A>, changed: (call: Call, name: keyof A) => Call): Callable<A> {
  const calls = Object.entries(activities).map(([name, call]) => [name, changed(call as Call, name as keyof A)]);
  return Object.fromEntries(calls) as Callable<A>;
}

function describe<A extends object>(summaries: Summaries<A>, proxy: (summary: string) => Callable<A>): Callable<A> {
  const names = Object.keys(summaries) as (keyof A & string)[];
  return Object.fromEntries(names.map((name) => [name, one<A>(name, summaries[name], proxy)])) as Callable<A>;
}

function one<A extends object>(
  name: keyof A & string,
  summary: Summaries<A>[keyof A & string],
  proxy: (summary: string) => Callable<A>,
): unknown {
  if (typeof summary === 'string') return proxy(summaryOf(summary))[name];
  return (input: InputOf<A[keyof A & string]>) => {
    const activity = proxy(summaryOf(summary(input)))[name] as (given: typeof input) => unknown;
    return activity(input);
  };
}
