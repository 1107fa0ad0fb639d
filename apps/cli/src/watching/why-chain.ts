import { type Failure, idPrefix } from '@fermata/contracts';
import type { WhyNode } from '../graphql/why.js';
import type { Waiting } from '../rendering/waiting.js';

/** One thing on the way down to what holds everything up. */
export interface WhyLink {
  id: string;
  /** `OkrRun`, `Task`, `AgentRun`, `ChangeRequest` or `Approval`. */
  type: string;
  title: string;
  state: string;
  okrRunId: string;
  waitingOn: Waiting | null;
  failure: Failure | null;
  /** Why somebody cancelled it, or the run it belongs to. */
  cancelReason: string | null;
}

const longest = 20;

/** From a thing to what it waits for, to what that waits for, down to the bottom. */
export async function whyChain(id: string, read: (id: string) => Promise<WhyNode>): Promise<WhyLink[]> {
  const chain: WhyLink[] = [];
  for (let next: string | null = id; next !== null && chain.length < longest;) {
    const node: WhyNode = await read(next);
    chain.push(linkOf(node));
    const below = nextBelow(node);
    next = below !== null && chain.every((link) => link.id !== below) ? below : null;
  }
  return chain;
}

function linkOf(node: WhyNode): WhyLink {
  const { id, __typename: type } = node;
  const nothing = { id, type, title: '', state: '', okrRunId: id, waitingOn: null, failure: null, cancelReason: null };
  switch (node.__typename) {
    case 'OkrRun':
      return {
        ...{ ...nothing, ...standing(node), title: node.objective?.title ?? node.goal, state: node.okrRunState },
        cancelReason: node.cancelReason,
      };
    case 'Task':
      return {
        ...{ ...nothing, ...standing(node), title: node.title, state: node.taskState, okrRunId: node.okrRun.id },
        cancelReason: cancelReasonOf(node),
      };
    case 'AgentRun':
      return { ...nothing, ...standing(node), title: node.kind, state: node.agentRunState, okrRunId: node.okrRun.id };
    case 'ChangeRequest': {
      const { title, changeRequestState: state, waitingOn, okrRun } = node;
      return { ...nothing, title, state, waitingOn, okrRunId: okrRun.id };
    }
    case 'Approval': {
      const { title, approvalState: state, waitingOn, okrRun } = node;
      return { ...nothing, title, state, waitingOn, okrRunId: okrRun.id };
    }
    default:
      return nothing;
  }
}

/** A task that has not ended otherwise is cancelled with its run. */
function cancelReasonOf({ taskState, cancelReason, okrRun }: Extract<WhyNode, { __typename: 'Task' }>): string | null {
  return cancelReason ?? (taskState === 'cancelled' ? okrRun.cancelReason : null);
}

function standing({ waitingOn, failure }: Extract<WhyNode, { failure: unknown }>) {
  return { waitingOn, failure: failure as Failure | null };
}

const chained = new Set(['okr', 'task', 'run', 'apr', 'cr']);
const isNode = (id: string) => chained.has(idPrefix(id) ?? '');

/** What is to be asked next: what it says it waits for, or its part that is not done. Null at the bottom. */
function nextBelow(node: WhyNode): string | null {
  if (!('waitingOn' in node)) return null;
  if (node.waitingOn === null) return culprit(node);
  const { subjectId } = node.waitingOn;
  const named = subjectId !== null && subjectId !== node.id && isNode(subjectId);
  return named ? subjectId : activePart(node);
}

/** The part that something is at work on, or that holds it. */
function activePart(node: WhyNode): string | null {
  switch (node.__typename) {
    case 'OkrRun':
      if (node.okrRunState === 'paused') return null;
      if (node.approval?.state === 'pending') return node.approval.id;
      return activeIn(node.tasks, ['doing', 'review', 'todo']) ?? activeIn(node.agentRuns, atWorkStates);
    case 'Task':
      return activeIn(node.agentRuns, atWorkStates) ?? openChange(node);
    default:
      return null;
  }
}

const atWorkStates = ['waiting', 'running', 'queued'];

interface Part {
  id: string;
  state: string;
}

function activeIn(parts: readonly Part[], states: readonly string[]): string | null {
  for (const state of states) {
    const part = parts.findLast((each) => each.state === state);
    if (part !== undefined) return part.id;
  }
  return null;
}

function openChange({ changeRequest }: Extract<WhyNode, { __typename: 'Task' }>): string | null {
  const ended = changeRequest === null || ['merged', 'closed'].includes(changeRequest.state);
  return ended ? null : changeRequest.id;
}

/** The part by which something that failed did. */
function culprit(node: WhyNode): string | null {
  const failed = ['failed', 'timed_out', 'partial_done'];
  if (node.__typename === 'OkrRun' && node.okrRunState === 'failed')
    return activeIn(node.tasks, failed) ?? activeIn(node.agentRuns, failed);
  if (node.__typename === 'Task' && failed.includes(node.taskState))
    return activeIn(node.dependsOn, failed) ?? activeIn(node.agentRuns, failed);
  return null;
}
