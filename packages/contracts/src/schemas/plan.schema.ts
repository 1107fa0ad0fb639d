import { z } from 'zod';
import { planLimits } from '../planning/plan.js';

const line = z.string().trim().min(1).max(200);
const prose = z.string().trim().min(1).max(20_000);

const valueReader = z.discriminatedUnion('type', [
  z.object({ type: z.literal('exit_code') }),
  z.object({ type: z.literal('regex'), pattern: z.string().min(1).max(500) }),
  z.object({
    type: z.literal('json_pointer'),
    pointer: z
      .string()
      .max(500)
      .regex(/^(\/.*)?$/s),
  }),
]);

const measure = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('command'),
    command: z.string().trim().min(1).max(2_000),
    read: valueReader,
    timeoutMs: z.number().int().min(1_000).max(3_600_000).default(600_000),
  }),
  z.object({ kind: z.literal('tasks') }),
  z.object({ kind: z.literal('manual'), question: prose }),
]);

export const plannedKeyResultSchema = z.object({
  title: line,
  unit: z.string().trim().min(1).max(40),
  statedBaseline: z.number().nullable().default(null),
  target: z.number(),
  direction: z.enum(['increase', 'decrease']).default('increase'),
  measure,
});

export const plannedTaskSchema = z.object({
  key: z.string().regex(/^[a-z0-9][a-z0-9-]{0,39}$/, 'must be lower-case letters, digits and dashes, at most 40'),
  title: line,
  instructions: prose,
  acceptanceCriteria: z.array(prose).min(1).max(20),
  verificationSteps: z.array(prose).max(20).default([]),
  dependsOn: z.array(z.string()).max(planLimits.maxTasks).default([]),
  predictedPaths: z.array(z.string().min(1).max(400)).max(100).default([]),
});

/** The shape of a plan. The graph is checked besides, by `checkTaskGraph`. */
export const planSchema = z.object({
  objective: z.object({ title: line, description: prose }),
  keyResults: z.array(plannedKeyResultSchema).min(planLimits.minKeyResults).max(planLimits.maxKeyResults),
  tasks: z.array(plannedTaskSchema).min(planLimits.minTasks).max(planLimits.maxTasks),
});
