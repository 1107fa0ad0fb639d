import { type JsonObject, spawnTaskTool as name, subtaskBudgetPercent } from '@fermata/contracts';
import { z } from 'zod';
import { problemsOfSchema } from '../subtasks/result-schema.js';
import { defineTool } from './tool.js';

const { most, usual } = subtaskBudgetPercent;

const input = z.strictObject({
  title: z.string().trim().min(1).max(120).describe('What it is, in a few words, for people who follow your run.'),
  instructions: z
    .string()
    .trim()
    .min(1)
    .max(20_000)
    .describe(
      'All that it must know: what to do, where, what is known already, what it must leave alone, and what its summary shall say. It sees nothing of your conversation.',
    ),
  budgetPercent: z
    .number()
    .int()
    .min(1)
    .max(most)
    .default(usual)
    .describe('Its share of what is left of your budget, in percent.'),
  resultSchema: z
    .looseObject({})
    .optional()
    .describe(
      'A JSON Schema of the data that it shall hand in beside its summary, when you need more than text. Small, without $ref and pattern.',
    ),
});

export const spawnTaskTool = defineTool({
  name,
  class: 'control',
  description:
    'Has a part of your work done by an agent of its own, in your worktree, while you wait. Use it for a part that can be told in full and whose details you need not see: to look through much and report little, or to make a change that stands by itself. Several calls are done one after the other. You are given its summary (and its data), not its steps: look at what it changed before you rely on it. Not for what you can do in a few calls.',
  input,
  problems: ({ resultSchema }) => (resultSchema === undefined ? [] : problemsOfSchema(resultSchema as JsonObject)),
});
