import { formatUsd } from '@fermata/contracts';

/**
 * The plan as the person who approves it sees it.
 * @param {any} approval
 */
export function showPlan({ detail }) {
  const lines = [`Objective: ${detail.objective.title}`, ''];
  for (const { title, unit, target, measure } of detail.keyResults) {
    const how =
      measure.kind === 'command'
        ? `$ ${measure.command}`
        : measure.kind === 'tasks'
          ? 'share of tasks merged'
          : measure.question;
    lines.push(`  key result  ${title}: ${target} ${unit}`, `              measured by: ${how}`);
  }
  lines.push('');
  for (const { key, title, dependsOn } of detail.tasks) {
    lines.push(`  task        ${title} (${key})${dependsOn.length > 0 ? `, after ${dependsOn.join(' and ')}` : ''}`);
  }
  const gates = detail.gates.map(({ name }) => name).join(', ');
  lines.push('', `  gates       ${gates || 'none: nothing checks the work but the reviewer'}`);
  if (detail.estimatedMicros !== null) lines.push(`  estimate    ${formatUsd(detail.estimatedMicros)}`);
  return lines.join('\n');
}

/**
 * What somebody who has seen the demo does next.
 * @param {string} path of the sample repository
 */
export function nextSteps(path) {
  return [
    'The servers of the demo are being stopped; its URLs above answer no more. What it made is kept:',
    `  git -C ${path} log --stat`,
    '',
    'Next, on a repository of your own:',
    '  npm start                                            the same servers, until ^C',
    '  ./fermata repo add /path/to/your/repository          in another terminal, here',
    '  ./fermata go "what you want" --repo NAME --budget 5',
    '  ./fermata inbox                                      the plan, once it is drafted',
  ].join('\n');
}

/**
 * @param {any} run
 */
export function showReport({ state, keyResults, tasks, report, cost }) {
  const lines = [`The run is ${state}: ${report?.summary ?? ''}`, ''];
  for (const { title, unit, baseline, value, target, met } of keyResults) {
    lines.push(`  ${met ? 'met    ' : 'not met'}  ${title}: ${baseline} -> ${value} (target ${target} ${unit})`);
  }
  lines.push('');
  for (const { title, state: taskState, changeRequest } of tasks) {
    const commit = changeRequest?.mergedCommit ? `merged as ${changeRequest.mergedCommit.slice(0, 10)}` : '';
    lines.push(`  ${taskState.padEnd(7)}  ${title}  ${commit}`);
  }
  lines.push(
    '',
    `  cost     ${formatUsd(Number(cost.micros))}, ${cost.inputTokens} tokens in, ${cost.outputTokens} out`,
  );
  return lines.join('\n');
}
