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
