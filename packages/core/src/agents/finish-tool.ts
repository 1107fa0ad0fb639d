import type { AgentRunKind, JsonObject, ToolSchema } from '@fermata/contracts';
import { planSchema, reviewResultSchema, workResultSchema } from '@fermata/contracts/schemas';
import { z } from 'zod';

/** The `finish` tool of a run: its arguments are the run's result, told to the model by the schema that checks them. */
export function finishToolFor(kind: AgentRunKind): ToolSchema {
  return { name: 'finish', description: descriptions[kind], inputSchema: inputSchemas[kind] };
}

const descriptions: Readonly<Record<AgentRunKind, string>> = {
  plan: 'Ends the run with the plan. Call it once, by itself, when the plan is complete.',
  work: 'Ends the run with a summary of the work: what was changed and why, what was run and what came out, what is open.',
  repair:
    'Ends the run with a summary of the repair: what was wrong, what was changed, what was run and what came out.',
  review:
    'Ends the run with the verdict and its findings. Call it once, by itself, when you have judged every criterion.',
};

const inputSchemas: Readonly<Record<AgentRunKind, JsonObject>> = {
  plan: inputSchemaOf(planSchema),
  work: inputSchemaOf(workResultSchema),
  repair: inputSchemaOf(workResultSchema),
  review: inputSchemaOf(reviewResultSchema),
};

/** As the model writes it: what has a default may be left out. The dialect's name is nothing a provider takes. */
function inputSchemaOf(schema: z.ZodType): JsonObject {
  const entries = Object.entries(z.toJSONSchema(schema, { io: 'input' })).filter(([name]) => name !== '$schema');
  return Object.fromEntries(entries) as JsonObject;
}
