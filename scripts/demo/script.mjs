/**
 * What the scripted model says in the demo: a plan of three tasks, work with one bug in it, its repair, and reviews.
 * Rules match on the conversation, so it makes no difference when or in which order the calls come.
 */

import { deedsDone, isOnTheSide, replyFor } from './agent-deeds.mjs';

export const demoGoal =
  'Make the stock library usable from the command line: read a stock list from text, show amounts in dollars, and print the total of a list.';

const parse = {
  code: `/** One item a line: name, count and price in cents, separated by commas. */
export function parseStock(text) {
  return text
    .split('\\n')
    .filter((line) => line.trim() !== '')
    .map((line) => {
      const [name, count, cents] = line.split(',').map((part) => part.trim());
      if (!name || !/^\\d+$/.test(count ?? '') || !/^\\d+$/.test(cents ?? '')) throw new Error(\`not an item: \${line}\`);
      return { name, count: Number(count), cents: Number(cents) };
    });
}
`,
  test: `import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseStock } from '../src/parse.js';

test('reads one item a line', () => {
  assert.deepEqual(parseStock('apple, 3, 25\\n\\npear,1,40\\n'), [
    { name: 'apple', count: 3, cents: 25 },
    { name: 'pear', count: 1, cents: 40 },
  ]);
});

test('names the line that is no item', () => {
  assert.throws(() => parseStock('apple, many, 25'), /not an item: apple, many, 25/);
});
`,
};

const format = {
  buggy: '  return `$${Math.floor(cents / 100)}.${cents % 100}`;',
  mended: "  return `$${Math.floor(cents / 100)}.${String(cents % 100).padStart(2, '0')}`;",
  test: `import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatCents } from '../src/format.js';

test('shows cents with two digits', () => {
  assert.equal(formatCents(115), '$1.15');
  assert.equal(formatCents(105), '$1.05');
});
`,
};

/** @param {string} line */
function formatCode(line) {
  return `/** 115 becomes $1.15. */\nexport function formatCents(cents) {\n${line}\n}\n`;
}

const cli = {
  code: `import { readFileSync } from 'node:fs';
import { formatCents } from './format.js';
import { parseStock } from './parse.js';
import { totalCents } from './stock.js';

const [path] = process.argv.slice(2);
console.log(formatCents(totalCents(parseStock(readFileSync(path, 'utf8')))));
`,
  test: `import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';

test('prints the total of a list', () => {
  const list = join(mkdtempSync(join(tmpdir(), 'stock-')), 'list.csv');
  writeFileSync(list, 'apple, 3, 25\\npear, 1, 40\\n');
  assert.equal(execFileSync(process.execPath, ['src/cli.js', list], { encoding: 'utf8' }), '$1.15\\n');
});
`,
};

export const demoPlan = {
  objective: {
    title: 'The stock library can be used from the command line',
    description: 'Whoever has a stock list as text gets its total in dollars with one command.',
  },
  keyResults: [
    {
      title: 'Passing tests',
      unit: 'tests',
      statedBaseline: 1,
      target: 5,
      direction: 'increase',
      measure: {
        kind: 'command',
        command: 'node --test --test-reporter=tap',
        read: { type: 'regex', pattern: '^# pass (\\d+)$' },
        timeoutMs: 60_000,
      },
    },
    {
      title: 'The command prints a total',
      unit: 'works (1) or not (0)',
      statedBaseline: 0,
      target: 1,
      direction: 'increase',
      measure: {
        kind: 'command',
        command: "printf 'apple, 2, 150\\n' | node src/cli.js /dev/stdin | grep -qx '[$]3.00'",
        read: { type: 'exit_code' },
        timeoutMs: 60_000,
      },
    },
    {
      title: 'Planned work merged',
      unit: 'percent',
      statedBaseline: 0,
      target: 100,
      direction: 'increase',
      measure: { kind: 'tasks' },
    },
  ],
  tasks: [
    {
      key: 'parse',
      title: 'Read a stock list from text',
      instructions:
        'Add src/parse.js with parseStock(text): one item a line, name, count and cents separated by commas.',
      acceptanceCriteria: [
        'parseStock returns items as totalCents takes them',
        'a line that is no item is named in the error',
      ],
      verificationSteps: ['npm test'],
      dependsOn: [],
      predictedPaths: ['src/parse.js', 'test/parse.test.js'],
    },
    {
      key: 'format',
      title: 'Show amounts in dollars',
      instructions: 'Add src/format.js with formatCents(cents), for example $1.05 for 105.',
      acceptanceCriteria: ['cents have two digits always'],
      verificationSteps: ['npm test'],
      dependsOn: [],
      predictedPaths: ['src/format.js', 'test/format.test.js'],
    },
    {
      key: 'cli',
      title: 'Print the total of a list',
      instructions: 'Add src/cli.js: takes the path of a list and prints its total in dollars.',
      acceptanceCriteria: ['node src/cli.js LIST prints the total and nothing else'],
      verificationSteps: ['npm test'],
      dependsOn: ['parse', 'format'],
      predictedPaths: ['src/cli.js', 'test/cli.test.js'],
    },
  ],
};

/**
 * The same work for an agent that is a program of its own: what its model has it do, by what its order says.
 * @type {readonly { match: RegExp, deeds: readonly import('./agent-deeds.mjs').Deed[] }[]}
 */
const agentWork = [
  { match: /^Fermata plan for repository/m, deeds: [{ result: demoPlan }] },
  {
    match: /^Fermata task \S+: Read a stock list from text$/m,
    deeds: [
      { write: 'src/parse.js', content: parse.code },
      { write: 'test/parse.test.js', content: parse.test },
      { run: 'npm test' },
      { finish: 'parseStock reads one item a line and names the line that is none.' },
    ],
  },
  {
    match: /^Fermata task \S+: Show amounts in dollars$/m,
    deeds: [
      { write: 'src/format.js', content: formatCode(format.buggy) },
      { write: 'test/format.test.js', content: format.test },
      { finish: 'formatCents shows cents as dollars.' },
    ],
  },
  {
    match: /^Fermata repair of task \S+: Show amounts in dollars$/m,
    deeds: [
      { write: 'src/format.js', content: formatCode(format.mended) },
      { run: 'npm test' },
      { finish: 'formatCents shows cents as dollars, always with two digits.' },
    ],
  },
  {
    match: /^Fermata task \S+: Print the total of a list$/m,
    deeds: [
      { write: 'src/cli.js', content: cli.code },
      { write: 'test/cli.test.js', content: cli.test },
      { run: 'npm test' },
      { finish: 'node src/cli.js LIST prints the total in dollars.' },
    ],
  },
  {
    match: /^Fermata review of task/m,
    deeds: [{ result: { verdict: 'approve', summary: 'Meets its criteria.', findings: [] } }],
  },
];

/**
 * @param {import('@fermata/contracts').AgentPreset} preset
 * @returns {import('@fermata/scripted-model').ScriptFunction}
 */
export function demoAgentScript(preset) {
  return (conversation) => {
    if (isOnTheSide(conversation)) return { text: 'The stock library' };
    const order = `${conversation.system}\n${conversation.firstUserText}`;
    const work = agentWork.find(({ match }) => match.test(order));
    return work && replyFor(preset, work.deeds[deedsDone(conversation)]);
  };
}

const call = (name, input) => ({ name, input });
const say = (text, ...toolCalls) => ({ text, toolCalls });

/**
 * @param {{ thinkMs?: number }} [options] `thinkMs`: how long each answer takes, so that a run can be watched or killed
 */
export function demoScript({ thinkMs = 0 } = {}) {
  const slow = (answers) => answers.map((answer) => ({ ...answer, delayMs: thinkMs }));
  const work = (title, answers) => ({
    name: `work: ${title}`,
    match: { firstUserMatches: `^Fermata task \\S+: ${title}$` },
    answers: slow(answers),
  });
  return {
    rules: [
      {
        name: 'plan',
        match: { firstUserIncludes: 'Fermata plan for repository' },
        answers: slow([
          say('I look at what is there.', call('list', { path: '.' }), call('read', { path: 'src/stock.js' })),
          say('Three tasks, two of which can be done at once.', call('finish', demoPlan)),
        ]),
      },
      work('Read a stock list from text', [
        say('I look at the code the items are for.', call('read', { path: 'src/stock.js' })),
        say('I write the parser.', call('write', { path: 'src/parse.js', content: parse.code })),
        say('And its tests.', call('write', { path: 'test/parse.test.js', content: parse.test })),
        say('I run all tests.', call('bash', { command: 'npm test' })),
        say('Done.', call('finish', { summary: 'parseStock reads one item a line and names the line that is none.' })),
      ]),
      work('Show amounts in dollars', [
        say(
          'I write the function and its tests.',
          call('write', {
            path: 'src/format.js',
            content: formatCode(format.buggy),
          }),
          call('write', { path: 'test/format.test.js', content: format.test }),
        ),
        say('Done.', call('finish', { summary: 'formatCents shows cents as dollars.' })),
        say(
          'Cents below ten lose their zero. I pad them.',
          call('edit', { path: 'src/format.js', old_string: format.buggy, new_string: format.mended }),
        ),
        say('I run the tests again.', call('bash', { command: 'npm test' })),
        say('Mended.', call('finish', { summary: 'formatCents shows cents as dollars, always with two digits.' })),
      ]),
      work('Print the total of a list', [
        say(
          'I look at what I can build on.',
          call('read', { path: 'src/parse.js' }),
          call('read', { path: 'src/format.js' }),
        ),
        say(
          'I write the command and its test.',
          call('write', { path: 'src/cli.js', content: cli.code }),
          call('write', { path: 'test/cli.test.js', content: cli.test }),
        ),
        say('I run all tests.', call('bash', { command: 'npm test' })),
        say('Done.', call('finish', { summary: 'node src/cli.js LIST prints the total in dollars.' })),
      ]),
      {
        name: 'review',
        match: { firstUserIncludes: 'Fermata review of task' },
        answers: slow([
          say('I look at the worktree.', call('list', { path: '.' })),
          say(
            'It does what was asked.',
            call('finish', { verdict: 'approve', summary: 'Meets its criteria.', findings: [] }),
          ),
        ]),
      },
    ],
  };
}
