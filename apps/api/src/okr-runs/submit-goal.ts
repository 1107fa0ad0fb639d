import { DomainError, formatUsd, maxBudgetLimit, planLimits } from '@fermata/contracts';
import type { Goal } from '@fermata/database/orders';
import { z } from 'zod';
import { clientRequestIdSchema, parseInput } from '../common/parse-input.js';
import type { SubmitGoalInput } from './okr-run.input.js';

const schema = z.object({
  repositoryId: z.string(),
  goal: z.string().trim().min(1, 'must not be empty'),
  agent: z.string().trim().min(1).nullish(),
  approval: z.enum(['REQUIRED', 'AUTO']),
  budgetMicros: z
    .number()
    .int()
    .positive('must be more than nothing')
    .max(maxBudgetLimit, `may be ${formatUsd(maxBudgetLimit)} at most; leave it out for no limit`)
    .nullish(),
  maxParallelTasks: z.number().int().min(1).max(20).nullish(),
  clientRequestId: clientRequestIdSchema,
});

const defaultAgent = 'default';
const defaultParallelTasks = 3;

/** @throws DomainError `invalid_input`, naming every field that is wrong, or both sizes of a goal that is too long */
export function goalOf(input: SubmitGoalInput): Goal {
  const { repositoryId, goal, agent, approval, budgetMicros, maxParallelTasks, clientRequestId } = parseInput(
    schema,
    input,
  );
  refuseTooLong(goal);
  return {
    repositoryId,
    goal,
    agent: agent ?? defaultAgent,
    approvalMode: approval === 'AUTO' ? 'auto' : 'required',
    budgetMicros: budgetMicros ?? null,
    maxParallelTasks: maxParallelTasks ?? defaultParallelTasks,
    clientRequestId,
  };
}

function refuseTooLong(goal: string): void {
  const bytes = Buffer.byteLength(goal);
  const { maxGoalBytes } = planLimits;
  if (bytes <= maxGoalBytes) return;
  throw new DomainError(
    'invalid_input',
    `the goal has ${bytes} bytes of UTF-8 and may have ${maxGoalBytes}; put long material into the repository and name it`,
    { bytes, maxGoalBytes },
  );
}
