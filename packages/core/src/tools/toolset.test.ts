import { AgentRunKind, type Json, type JsonObject } from '@fermata/contracts';
import { describe, expect, it } from 'vitest';
import { checkCall, findTool, runTool, type Tool, toolsFor, toolsOfRun } from './index.js';

const names = (kind: AgentRunKind) => toolsFor(kind).map((tool) => tool.name);
const context = {
  worktree: '/',
  env: {},
  signal: new AbortController().signal,
  outputCapBytes: 1_000,
};

const plan = {
  objective: { title: 'Faster tests', description: 'Make the tests faster.' },
  keyResults: [{ title: 'Seconds', unit: 's', target: 10, direction: 'decrease', measure: { kind: 'tasks' } }],
  tasks: [
    { key: 'one', title: 'One', instructions: 'Do it.', acceptanceCriteria: ['Done.'] },
    { key: 'two', title: 'Two', instructions: 'Do it.', acceptanceCriteria: ['Done.'], dependsOn: ['one'] },
  ],
};

describe('the tools of a run', () => {
  it('are as many as its kind needs', () => {
    const looking = ['read', 'list', 'glob', 'grep', 'read_output'];
    const changing = ['write', 'edit', 'multi_edit', 'apply_patch', 'bash', 'bash_output', 'bash_stop'];
    const talking = ['todo', 'report_progress', 'ask_human'];
    const working = [...looking, 'git_status', 'git_diff', ...changing, 'web_fetch', ...talking];
    const all = [...working, 'spawn_task', 'finish'];
    expect(names('plan')).toEqual([...looking, 'web_fetch', ...talking, 'finish']);
    expect(names('work')).toEqual(all);
    expect(names('repair')).toEqual(all);
    expect(names('subtask')).toEqual(all);
    expect(names('review')).toEqual([...looking, 'git_status', 'git_diff', 'report_progress', 'finish']);
    expect(findTool('review', 'bash')).toBeUndefined();
  });

  it('say what a crash in the middle of them means', () => {
    const classes = Object.fromEntries(toolsFor('work').map((tool) => [tool.name, tool.class]));
    expect(classes).toEqual({
      ...{ read: 'idempotent', list: 'idempotent', glob: 'idempotent', grep: 'idempotent' },
      ...{ read_output: 'idempotent', git_status: 'idempotent', git_diff: 'idempotent', web_fetch: 'idempotent' },
      ...{ write: 'idempotent', edit: 'idempotent', multi_edit: 'idempotent', apply_patch: 'unsafe' },
      ...{ bash: 'unsafe', bash_output: 'idempotent', bash_stop: 'idempotent' },
      ...{ todo: 'idempotent', report_progress: 'idempotent', ask_human: 'control', finish: 'control' },
      ...{ spawn_task: 'control' },
    });
  });

  it('are quick only where they may simply run again', () => {
    const quick = toolsFor('work').filter((tool) => tool.quick !== undefined);
    expect(Object.fromEntries(quick.map((tool) => [tool.name, tool.quick]))).toEqual({
      ...{ read: 'looks', read_output: 'looks', todo: 'looks', report_progress: 'looks' },
      ...{ write: 'changes', edit: 'changes', multi_edit: 'changes' },
    });
    expect(new Set(quick.map((tool) => tool.class))).toEqual(new Set(['idempotent']));
  });

  it('have schemas that every provider takes: an object, described, plain JSON', () => {
    for (const tool of Object.values(AgentRunKind).flatMap(toolsFor)) {
      expect(tool.schema.name).toBe(tool.name);
      expect(tool.name).toMatch(/^[a-z_]{1,64}$/);
      expect(tool.schema.description.length).toBeGreaterThan(80);
      expect(tool.schema.inputSchema).toMatchObject({ type: 'object' });
      expect(tool.schema.inputSchema).not.toHaveProperty('$schema');
      expect(JSON.parse(JSON.stringify(tool.schema))).toEqual(tool.schema);
    }
  });

  it('describe arguments with defaults as optional', () => {
    expect(findTool('work', 'edit')?.schema.inputSchema).toMatchObject({
      required: ['path', 'old_string', 'new_string'],
      additionalProperties: false,
      properties: { replace_all: { type: 'boolean', default: false } },
    });
  });
});

describe('the tools of a subtask', () => {
  const ofSubtask = (depth: number, resultSchema: JsonObject | null = null) =>
    toolsOfRun({ kind: 'subtask', depth, resultSchema });
  const finishOf = (tools: readonly Tool[]) => tools.find(({ name }) => name === 'finish')?.schema.inputSchema;

  it('are those of work, and at the deepest level all but the one for subtasks', () => {
    expect(ofSubtask(1).map(({ name }) => name)).toEqual(names('work'));
    const deepest = ofSubtask(2).map(({ name }) => name);
    expect(deepest).toEqual(names('work').filter((name) => name !== 'spawn_task'));
    expect(toolsOfRun({ kind: 'work', depth: 0, resultSchema: null })).toBe(toolsFor('work'));
  });

  it('end it with a summary alone where no data was asked for', () => {
    expect(finishOf(ofSubtask(1))).toMatchObject({ required: ['summary'], properties: { summary: {} } });
    expect(finishOf(ofSubtask(1))).not.toHaveProperty('properties.data');
  });

  it('end it with data of the shape that was asked for, in the part of JSON Schema that every provider takes', () => {
    const schema = { type: 'array', items: { type: 'string', format: 'uri' }, uniqueItems: true } as const;
    expect(finishOf(ofSubtask(2, schema))).toMatchObject({ required: ['summary', 'data'] });
    expect(finishOf(ofSubtask(2, schema))).toHaveProperty('properties.data', {
      ...{ type: 'array', items: { type: 'string' } },
    });
  });
});

describe('spawn_task', () => {
  const check = (input: Json, kind: AgentRunKind = 'work') => checkCall({ kind, name: 'spawn_task', input });
  const order = { title: 'Count them', instructions: 'Count the tests.' };
  const problemsOf = (input: Json) => {
    const checked = check(input);
    return checked.ok ? '' : checked.outcome.text;
  };

  it('gives a quarter of what is left unless told otherwise', () => {
    expect(check(order)).toMatchObject({ ok: true, input: { ...order, budgetPercent: 25 } });
    expect(check({ ...order, budgetPercent: 50 })).toMatchObject({ ok: true, input: { budgetPercent: 50 } });
  });

  it.each([
    ['no title', { instructions: 'x' }, '- title: '],
    ['no instructions', { title: 'x', instructions: ' ' }, '- instructions: '],
    ['more than half of the budget', { ...order, budgetPercent: 51 }, '- budgetPercent: '],
    ['nothing of the budget', { ...order, budgetPercent: 0 }, '- budgetPercent: '],
    ['a schema that is none', { ...order, resultSchema: 'text' }, '- resultSchema: '],
    ['a schema of an unknown type', { ...order, resultSchema: { type: 'banana' } }, '- resultSchema.type: '],
    ['another argument', { ...order, agent: 'other' }, 'Unrecognized key: "agent"'],
  ])('refuses %s and names it', (_what, input, named) => {
    expect(problemsOf(input)).toContain(named);
  });

  it('is no tool of those who plan or review', () => {
    expect(check(order, 'review')).toMatchObject({ ok: false });
    expect(check(order, 'plan')).toMatchObject({ ok: false });
  });
});

describe('finish', () => {
  const check = (kind: AgentRunKind, input: Json) => checkCall({ kind, name: 'finish', input });

  it('takes the result of its kind of run, with defaults filled in', () => {
    expect(check('work', { summary: 'Done.' })).toMatchObject({ ok: true, input: { summary: 'Done.' } });
    expect(check('repair', { summary: 'Done.' })).toMatchObject({ ok: true });
    expect(check('review', { verdict: 'approve', summary: 'Good.' })).toMatchObject({
      ok: true,
      input: { findings: [] },
    });
    expect(check('plan', plan)).toMatchObject({ ok: true, input: { tasks: [{ dependsOn: [] }, {}] } });
    expect(check('work', plan).ok).toBe(false);
  });

  it('names every problem of a plan, so that the model can mend it', () => {
    const broken = { ...plan, keyResults: [], tasks: [{ ...plan.tasks[0], key: 'Not Good', title: '' }] };
    const checked = check('plan', broken);
    const text = checked.ok ? '' : checked.outcome.text;
    expect(text).toContain('The arguments of finish are not valid');
    expect(text).toContain('- keyResults: ');
    expect(text).toContain('- tasks.0.key: must be lower-case letters');
    expect(text).toContain('- tasks.0.title: ');
  });

  it('refuses a plan whose tasks wait for each other', () => {
    const circle = {
      ...plan,
      tasks: plan.tasks.map((task) => ({ ...task, dependsOn: [task.key === 'one' ? 'two' : 'one'] })),
    };
    const checked = check('plan', circle);
    expect(checked.ok ? '' : checked.outcome.text).toContain('depend on each other in a circle');
  });

  it('cannot be run: the workflow decides it', async () => {
    await expect(runTool({ kind: 'work', name: 'finish', input: { summary: 'x' } }, context)).rejects.toThrow(
      TypeError,
    );
  });
});

describe('a call that cannot be made', () => {
  const run = (request: { name: string; input: Json; invalidInput?: string; kind?: AgentRunKind }) =>
    runTool({ kind: 'work', ...request }, context);

  it('names the tools there are', async () => {
    const outcome = await run({ kind: 'review', name: 'bash', input: {} });
    expect(outcome).toMatchObject({ isError: true, errorCode: 'tool_input_invalid' });
    expect(outcome.text).toBe(
      'There is no tool "bash" here. There are: read, list, glob, grep, read_output, git_status, git_diff, report_progress, finish.',
    );
  });

  it('names each wrong argument', async () => {
    const { text } = await run({ name: 'read', input: { file: 'a', offset: 0 } });
    expect(text).toContain('- path: ');
    expect(text).toContain('- offset: ');
    expect(text).toContain('Unrecognized key: "file"');
    for (const input of [null, 'text', [], 3]) expect((await run({ name: 'read', input })).isError).toBe(true);
  });

  it('takes null for an argument that was left out', async () => {
    expect(checkCall({ kind: 'work', name: 'read', input: { path: 'a', limit: null } })).toMatchObject({ ok: true });
  });

  it('says when the arguments were no JSON', async () => {
    const { text } = await run({ name: 'write', input: null, invalidInput: '{"path": "a", "content": "cut o' });
    expect(text).toContain('not valid JSON');
    expect(text).toContain('send less at once');
  });

  it('throws at once when it is already aborted', async () => {
    const request = { kind: 'work', name: 'list', input: {} } as const;
    await expect(runTool(request, { ...context, signal: AbortSignal.abort(new Error('over')) })).rejects.toThrow(
      'over',
    );
  });
});
