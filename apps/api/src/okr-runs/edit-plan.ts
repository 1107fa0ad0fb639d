import { DomainError, type Plan } from '@fermata/contracts';
import { planSchema } from '@fermata/contracts/schemas';
import { parseInput } from '../common/parse-input.js';
import type { EditPlanInput } from './okr-run.input.js';

const changesSchema = planSchema.partial();

/** @throws DomainError `plan_invalid`, naming every field that is wrong; `invalid_input` when nothing is to be changed */
export function planChanges({ objective, keyResults, tasks }: EditPlanInput): Partial<Plan> {
  const given = { ...(objective && { objective }), ...(keyResults && { keyResults }), ...(tasks && { tasks }) };
  if (Object.keys(given).length === 0) {
    throw new DomainError('invalid_input', 'give at least one of objective, keyResults and tasks');
  }
  const changes = parseInput(changesSchema, given, 'plan_invalid');
  return Object.fromEntries(Object.entries(changes).filter(([, value]) => value !== undefined));
}
