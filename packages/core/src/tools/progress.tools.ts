import { z } from 'zod';
import { defineTool, succeeded } from './tool.js';

const states = ['pending', 'in_progress', 'done', 'dropped'] as const;
const marks: Readonly<Record<(typeof states)[number], string>> = {
  pending: '[ ]',
  in_progress: '[>]',
  done: '[x]',
  dropped: '[-]',
};

const list = z.strictObject({
  items: z
    .array(
      z.strictObject({
        title: z.string().trim().min(1).max(200).describe('What is to be done, as an order: "Add the test".'),
        state: z.enum(states),
      }),
    )
    .min(1)
    .max(50)
    .describe('The whole list, in order; it takes the place of the one before.'),
});

export const todoTool = defineTool({
  name: 'todo',
  class: 'idempotent',
  quick: 'looks',
  description:
    'Writes down your list of what is to be done, for work of several steps. People who follow your run see it. Give the whole list each time something changes, with at most one item in progress.',
  input: list,
  problems: ({ items }) =>
    items.filter(({ state }) => state === 'in_progress').length > 1
      ? ['items: more than one is in progress: you do one thing at a time']
      : [],
  run: async ({ items }) => {
    const lines = items.map(({ title, state }) => `${marks[state]} ${title}`);
    return succeeded(lines.join('\n'), { note: standingOf(items) });
  },
});

function standingOf(items: z.output<typeof list>['items']): string {
  const done = items.filter(({ state }) => state === 'done' || state === 'dropped').length;
  const current = items.find(({ state }) => state === 'in_progress');
  return `${done} of ${items.length} done${current === undefined ? '' : `, now: ${current.title}`}`;
}

export const reportProgressTool = defineTool({
  name: 'report_progress',
  class: 'idempotent',
  quick: 'looks',
  description:
    'Tells people who follow your run, in one sentence, what you found out or finished. It needs no answer and changes nothing. Use it seldom: when something is done, or when it takes longer than expected.',
  input: z.strictObject({
    message: z.string().trim().min(1).max(500).describe('One sentence, for somebody who has not read your steps.'),
  }),
  run: async ({ message }) => succeeded('Noted.', { note: message }),
});
