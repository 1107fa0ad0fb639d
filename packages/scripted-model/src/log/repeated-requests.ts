import type { LoggedRequest } from './logged-request.js';

/** One conversation that was answered more than once. */
export interface RepeatedRequest {
  conversationDigest: string;
  /** The answered requests, in order; two or more. */
  requests: LoggedRequest[];
}

/**
 * Model calls that were paid for twice: equal conversations that were each answered to the end. Requests that failed,
 * were cut or were abandoned do not count, because asking again is then right. Two agents that are given the very same
 * prompt look like one that repeats itself: a script that is to tell them apart needs prompts that differ.
 */
export function findRepeatedRequests(requests: readonly LoggedRequest[]): RepeatedRequest[] {
  const groups = new Map<string, LoggedRequest[]>();
  for (const request of requests) {
    if (request.outcome !== 'answered' || request.conversationDigest === null) continue;
    groups.set(request.conversationDigest, [...(groups.get(request.conversationDigest) ?? []), request]);
  }
  return [...groups]
    .filter(([, group]) => group.length > 1)
    .map(([conversationDigest, group]) => ({ conversationDigest, requests: group }));
}
