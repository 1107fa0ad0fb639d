import {
  type ActivityOptions,
  type LocalActivityOptions,
  proxyActivities,
  proxyLocalActivities,
} from '@temporalio/workflow';

/** A sentence for every activity, so that Temporal's own history reads like a log. */
export type Summaries<A> = Readonly<Record<keyof A & string, string>>;

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

function describe<A extends object>(summaries: Summaries<A>, proxy: (summary: string) => Callable<A>): Callable<A> {
  const names = Object.keys(summaries) as (keyof A & string)[];
  return Object.fromEntries(names.map((name) => [name, proxy(summaries[name])[name]])) as Callable<A>;
}
