import { type AgentRunKind, assertNever, checkTaskGraph, type JsonObject } from '@fermata/contracts';
import { planSchema, reviewResultSchema, subtaskResultSchema, workResultSchema } from '@fermata/contracts/schemas';
import { z } from 'zod';
import { plainSchema } from '../mcp/plain-schema.js';
import { defineTool, type Tool } from './tool.js';

/** The tool that ends a run; its arguments are the result, so their shape depends on what the run is for. */
export function finishTool(kind: AgentRunKind): Tool {
  switch (kind) {
    case 'plan':
      return defineTool({
        name: 'finish',
        class: 'control',
        description:
          'Hands in the plan and ends your run. The plan must be complete: an objective, key results that are measured by running something, and tasks that together reach the objective. Each task names in dependsOn the keys of the tasks that must be done before it; no circles. When the arguments are refused, mend what is named and call it again.',
        input: planSchema,
        problems: (plan) => checkTaskGraph(plan.tasks),
      });
    case 'work':
    case 'repair':
      return defineTool({
        name: 'finish',
        class: 'control',
        description:
          'Ends your run. Call it only when the task is done as far as you can bring it, and checked: the acceptance criteria hold and the checks of the repository pass. The summary says what you changed and why, how you checked it, and honestly what is left or uncertain.',
        input: workResultSchema,
      });
    case 'review':
      return defineTool({
        name: 'finish',
        class: 'control',
        description:
          'Hands in your verdict and ends your run. approve: the change does what the task asks and may be merged; request_changes: something must be mended first, and each such thing is a finding with its file and line, what is wrong, and what to do. Only report what you have seen in the code.',
        input: reviewResultSchema,
      });
    case 'subtask':
      return subtaskFinishTool(null);
    default:
      return assertNever(kind);
  }
}

const subtaskEnd =
  'Ends your run. Call it when your part is done as far as you can bring it. The summary is all that the one who asked for it is told: what you did or found out, where, how you checked it, and honestly what is left or uncertain.';
const subtaskData =
  ' The data must be as its schema says. When the arguments are refused, mend what is named and call it again.';

/** Its result is a summary, and data where the one who asked for the subtask has said of what shape. */
export function subtaskFinishTool(resultSchema: JsonObject | null): Tool {
  const tool = defineTool({
    name: 'finish',
    class: 'control',
    description: resultSchema === null ? subtaskEnd : subtaskEnd + subtaskData,
    input: subtaskResultSchema,
  });
  const { summary = {} } = tool.schema.inputSchema['properties'] as JsonObject;
  const properties = { summary, ...(resultSchema !== null && dataIn(resultSchema)) };
  const inputSchema = { ...tool.schema.inputSchema, properties, required: Object.keys(properties) };
  return { ...tool, schema: { ...tool.schema, inputSchema } };
}

/** In the part of JSON Schema that every provider takes. What is handed in is checked against the whole of it. */
function dataIn(resultSchema: JsonObject): JsonObject {
  return plainSchema({ properties: { data: resultSchema } })['properties'] as JsonObject;
}

export const askHumanTool = defineTool({
  name: 'ask_human',
  class: 'control',
  description:
    'Asks a person and waits for the answer, which may take hours. Only for decisions that you cannot make and that the task, the code and its documents do not answer. Ask one clear question, with what you found out and what you would do.',
  input: z.strictObject({
    question: z
      .string()
      .trim()
      .min(1)
      .max(5_000)
      .describe('The question, with what the person must know to answer it.'),
    options: z
      .array(z.string().trim().min(1).max(200))
      .max(6)
      .optional()
      .describe('Answers to choose from, when there are some; any other answer stays possible.'),
  }),
});
