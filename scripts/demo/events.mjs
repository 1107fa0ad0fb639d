import { setTimeout as sleep } from 'node:timers/promises';
import { ask, readEvents } from './graphql.mjs';

const pollMs = 150;

/**
 * Follows a run's events from its first, across restarts of the API, until `isOver` says so.
 * @param {{ apiUrl: string, token: string }} server
 * @param {{ okrRunId: string, onEvent: (event: any) => Promise<boolean> | boolean }} follow `onEvent` returns true to stop
 */
export async function followRun(server, { okrRunId, onEvent }) {
  for (let after = null; ; await sleep(pollMs)) {
    // An API that is being restarted is asked again; a run that never ends is the caller's to give up on.
    const page = await ask(server, readEvents, { after, okrRunId }).catch(() => null);
    for (const event of page?.events.nodes ?? []) {
      after = event.cursor;
      if (await onEvent(event)) return;
    }
  }
}

/**
 * What an event says to somebody who watches, or null for what is too small to show.
 * @param {any} event
 * @param {(id: string) => string} titleOf of a task or a key result
 */
export function tellEvent({ type, taskId, subjectId, data }, titleOf) {
  const task = taskId ? `"${titleOf(taskId)}": ` : '';
  switch (type) {
    case 'okr_run.state_changed':
      return `run is ${data.to.replace('_', ' ')}`;
    case 'plan.drafted':
      return `plan drafted: ${data.keyResults} key results, ${data.tasks} tasks`;
    case 'task.state_changed':
      return `${task}${data.to}`;
    case 'agent_run.state_changed':
      return data.to === 'running' ? `${task}${data.kind} agent begins` : null;
    case 'gate.ran':
      return `${task}gate ${data.name} ${data.state}${data.phase === 'landing' ? ' on the commit about to land' : ''}`;
    case 'review.given':
      return `${task}review: ${data.verdict.replace('_', ' ')}`;
    case 'change_request.state_changed':
      return data.to === 'merged' ? `${task}merged as ${data.commit.slice(0, 10)}` : null;
    case 'key_result.measured':
      return `measured "${titleOf(subjectId)}" (${data.phase}): ${data.value ?? 'no value'}`;
    default:
      return null;
  }
}
