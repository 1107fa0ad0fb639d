import type { ChangeRequest } from '../graphql/task.js';
import { wrap } from './clip.js';
import { blocks, fields, type Page, section } from './page.js';
import { paintState, stateMark, stateWords } from './state.js';
import { formatAgo } from './time.js';
import { describeWaiting } from './waiting.js';

export function renderChangeRequest(change: ChangeRequest, page: Page): string {
  const { style, width, now } = page;
  const { id, state, title, task, okrRun, repository, waitingOn } = change;
  return blocks(
    `${stateMark(state, style)} ${style.bold(wrap(title, width, '  ').trimStart())}`,
    fields([
      ['change request', id],
      ['state', paintState(stateWords(state), state, style)],
      ['task', `${task.id}, attempt ${change.attempt}`],
      ['run', okrRun.id],
      ['repository', `${repository.name} at ${repository.location}`],
      ['branch', `${change.branch} → ${change.targetBranch}`],
      ['head', change.headCommit],
      ['opened', formatAgo(change.createdAt, now)],
      ['merged', change.mergedAt && `${formatAgo(change.mergedAt, now)} as ${change.mergedCommit ?? ''}`],
      ['closed', change.closedAt && formatAgo(change.closedAt, now)],
    ]),
    waitingOn && describeWaiting(waitingOn, { id, state, okrRunId: okrRun.id }, { now, width }),
    section('What it says', wrap(change.body, width, '  '), page),
    `See it: git -C ${repository.location} diff ${change.baseCommit.slice(0, 12)} ${change.headCommit.slice(0, 12)}`,
  );
}
