import { z } from 'zod';
import { AgentRunKind } from '../agent-runs/agent-run.js';
import { Complexity, type ModelPolicy } from '../models/model-policy.js';

const model = z.string().trim().min(1).max(200);

/** What a user gives for an agent's model policy. Whether its models are known is another question. */
export const modelPolicySchema: z.ZodType<ModelPolicy> = z.strictObject({
  rules: z
    .array(z.strictObject({ kind: z.enum(AgentRunKind).optional(), complexity: z.enum(Complexity).optional(), model }))
    .max(50)
    .optional(),
  escalate: z.strictObject({ afterFailedGates: z.number().int().min(1).max(100), to: model }).optional(),
  fallback: z.array(model).max(10).optional(),
  downgrade: z
    .array(z.strictObject({ atBudgetPercent: z.number().min(1).max(100), to: model }))
    .max(10)
    .optional(),
});
