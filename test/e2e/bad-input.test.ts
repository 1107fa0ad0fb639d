import { execFile } from 'node:child_process';
import { chmod, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { createDatabase, createPrincipal, createWorkspace, mintApiToken } from '@fermata/database';
import { describe, expect, it } from 'vitest';
import { HeldFermata, useFermata } from '../support/fermata.js';
import {
  addRepository,
  ask,
  decide,
  finalStates,
  openApproval,
  readRun,
  runEnd,
  runWhere,
  submitGoal,
} from '../support/goals.js';
import { bash, call, finishes, planOf, type Turn, useModel, writes } from '../support/model.js';
import { processesThatKnow } from '../support/processes.js';
import { git, landedOn, makeRepository } from '../support/small-repository.js';

const model = useModel();
const fermata = useFermata(() => model.environment());
const passing = [{ name: 'check', command: 'test -e README.md' }];
const change = (name: string): Turn[] => [writes(`${name}.txt`, `${name}\n`), finishes()];

interface Given {
  turns?: readonly Turn[];
  gates?: { name: string; command: string; timeoutMs?: number }[];
  approval?: 'AUTO' | 'REQUIRED';
}

/** A goal of one task, on a repository of its own. */
async function give(name: string, { turns = change(name), gates = passing, approval = 'AUTO' }: Given = {}) {
  const location = await makeRepository(join(fermata.folder, name));
  model.plans(name, [planOf({ work: { title: `${name} work` } })]);
  model.works(`${name} work`, turns);
  const repositoryId = await addRepository(fermata.held, location, { gates });
  return { location, id: await submitGoal(fermata.held, repositoryId, { approval }) };
}

const refusal = (code: string, ...parts: string[]) => ({
  code,
  message: expect.stringMatching(new RegExp(parts.map((part) => `(?=.*${part})`).join(''), 's')) as string,
});

describe.concurrent('a goal that cannot be taken', () => {
  it('is refused when it is empty or larger than a goal may be, naming the field', async () => {
    const repositoryId = await addRepository(fermata.held, await makeRepository(join(fermata.folder, 'sizes')));
    const submit = (goal: string) => submitGoal(fermata.held, repositoryId, { goal });
    await expect(submit('')).rejects.toMatchObject(refusal('invalid_input', 'goal'));
    await expect(submit('  \n ')).rejects.toMatchObject(refusal('invalid_input', 'goal'));
    await expect(submit('x'.repeat(200_000))).rejects.toMatchObject(refusal('invalid_input', 'goal', '65.?536|64'));
  });

  it('is refused for a repository that does not exist, or is another workspace’s', async () => {
    const unknown = 'repo_01m7z2c0cdcjbj952zveemgzts';
    await expect(submitGoal(fermata.held, unknown)).rejects.toMatchObject(refusal('not_found', unknown, 'add it'));
    await expect(submitGoal(fermata.held, 'no id at all')).rejects.toMatchObject({
      code: /^(not_found|invalid_input)$/,
    });
    await expect(ask(fermata.held, 'mutation { submitGoal(input: { goal: "x" }) { okrRun { id } } }')).rejects.toThrow(
      /required/,
    );
  });

  it('does not exist for the token of another workspace', async () => {
    const { id } = await give('private', { approval: 'REQUIRED' });
    const approval = await openApproval(fermata.held, id);
    const stranger = { at: { ...fermata.held.at, token: await tokenOfAnotherWorkspace() } };
    const read = (query: string) => ask<Record<string, unknown>>(stranger, query, {});
    await expect(read(`{ okrRun(id: "${id}") { id } }`)).rejects.toMatchObject(refusal('not_found', id));
    expect(await read('{ okrRuns { nodes { id } } approvals { nodes { id } } events { nodes { type } } }')).toEqual({
      okrRuns: { nodes: [] },
      approvals: { nodes: [] },
      events: { nodes: [] },
    });
    for (const [name, input] of [
      ['pauseRun', 'OkrRunOrderInput'],
      ['cancelRun', 'CancelRunInput'],
    ]) {
      const mutation = `mutation ($input: ${input}!) { ${name}(input: $input) { okrRun { id } } }`;
      await expect(ask(stranger, mutation, { input: { id } })).rejects.toMatchObject(refusal('not_found', id));
    }
    await expect(decide(stranger as HeldFermata, approval)).rejects.toMatchObject({ code: 'not_found' });
    await expect(ask({ at: { ...fermata.held.at, token: 'nonsense' } }, '{ me { name } }')).rejects.toMatchObject({
      code: 'unauthenticated',
    });
    expect((await readRun(fermata.held, id)).state).toBe('awaiting_approval');
  });
});

async function tokenOfAnotherWorkspace(): Promise<string> {
  const database = createDatabase({ url: fermata.held.at.databaseUrl, poolSize: 2 });
  try {
    const workspaceId = await createWorkspace(database, { name: 'elsewhere' });
    const principalId = await createPrincipal(database, { workspaceId, kind: 'person', name: 'stranger' });
    const { token } = await mintApiToken(database, { workspaceId, principalId, role: 'admin', mintedBy: 'test' });
    return token;
  } finally {
    await database.close();
  }
}

describe.concurrent('a repository that cannot be used', () => {
  const add = (location: string) => addRepository(fermata.held, location);

  it('is refused when its path does not exist, is no repository, is empty or is not absolute', async () => {
    const [missing, folder, empty] = ['missing', 'folder', 'empty'].map((name) => join(fermata.folder, `no-${name}`));
    await mkdir(folder!);
    await promisify(execFile)('git', ['init', '--quiet', empty!]);
    await expect(add(missing!)).rejects.toMatchObject(refusal('not_a_repository', 'no-missing'));
    await expect(add(folder!)).rejects.toMatchObject(refusal('not_a_repository', 'no-folder'));
    await expect(add(empty!)).rejects.toMatchObject(refusal('repository_empty', 'no-empty', 'commit'));
    await expect(add('relative/path')).rejects.toMatchObject({ code: /^(invalid_input|not_a_repository)$/ });
  });

  it('without gates is allowed, and the approval says that nothing checks the work', async () => {
    const { id, location } = await give('no-gates', { gates: [], approval: 'REQUIRED' });
    const approval = await openApproval(fermata.held, id);
    expect(approval.detail).toMatchObject({ gates: [], repository: { gateSource: 'none' } });
    await decide(fermata.held, approval);
    expect((await runEnd(fermata.held, id)).state).toBe('completed');
    expect(await landedOn(location)).toHaveLength(1);
  });
});

describe.concurrent('a checkout with uncommitted work', () => {
  it('is not touched: a person is told which files, and it lands when they are out of the way', async () => {
    const { id, location } = await give('dirty', { approval: 'REQUIRED' });
    const plan = await openApproval(fermata.held, id);
    await writeFile(join(location, 'README.md'), '# Mine, not committed\n');
    await decide(fermata.held, plan);
    const waiting = await runWhere(fermata.held, id, {
      what: 'waiting for a person',
      is: ({ waitingOn, state }) => (state === 'running' && waitingOn?.kind === 'human') || finalStates.includes(state),
    });
    expect(waiting.waitingOn).toMatchObject({ kind: 'human', releasableBy: ['approver'] });
    expect(waiting.waitingOn!.detail).toMatch(/README\.md.*stash.*approve/s);
    expect(await readFile(join(location, 'README.md'), 'utf8')).toBe('# Mine, not committed\n');
    await git(location, 'stash');
    await decide(fermata.held, await openApproval(fermata.held, id));
    expect((await runEnd(fermata.held, id)).state).toBe('completed');
    expect(await landedOn(location)).toHaveLength(1);
    await git(location, 'stash', 'pop');
    expect(await readFile(join(location, 'README.md'), 'utf8')).toBe('# Mine, not committed\n');
  });
});

describe.concurrent('a repository that somebody has locked', () => {
  it('is not touched: a person is told which file, and it lands when the lock is gone', async () => {
    const { id, location } = await give('locked', { approval: 'REQUIRED' });
    const plan = await openApproval(fermata.held, id);
    const lock = join(location, '.git', 'index.lock');
    await writeFile(lock, '');
    await decide(fermata.held, plan);
    const waiting = await runWhere(fermata.held, id, {
      what: 'waiting for a person',
      is: ({ waitingOn, state }) => (state === 'running' && waitingOn?.kind === 'human') || finalStates.includes(state),
    });
    expect(waiting.waitingOn!.detail).toMatch(/index\.lock.*remove.*approve/s);
    await rm(lock);
    await decide(fermata.held, await openApproval(fermata.held, id));
    expect((await runEnd(fermata.held, id)).state).toBe('completed');
    expect(await landedOn(location)).toHaveLength(1);
  });
});

describe.concurrent('a model that says what it should not', () => {
  it('has one round to mend a plan that is none, and the mended plan runs', async () => {
    const location = await makeRepository(join(fermata.folder, 'mended'));
    const told: string[] = [];
    model.plans('mended', [
      call('finish', { objective: 'no object', tasks: [] }),
      ({ lastToolResultText }) => {
        told.push(lastToolResultText);
        return planOf({ work: { title: 'mended work' } });
      },
    ]);
    model.works('mended work', change('mended'));
    const id = await submitGoal(fermata.held, await addRepository(fermata.held, location, { gates: passing }));
    expect((await runEnd(fermata.held, id)).state).toBe('completed');
    expect(told).toEqual([expect.stringMatching(/objective.*keyResults.*tasks/s)]);
  });

  it('fails the run when the second plan is none either, saying what is wrong with it', async () => {
    const location = await makeRepository(join(fermata.folder, 'unmended'));
    const cyclic = planOf({ a: { title: 'A', after: ['b'] }, b: { title: 'B', after: ['a'] } });
    model.plans('unmended', [call('finish', { plan: 'yes' }), cyclic]);
    const id = await submitGoal(fermata.held, await addRepository(fermata.held, location));
    const run = await runEnd(fermata.held, id);
    expect(run).toMatchObject({ state: 'failed', failure: { code: 'plan_invalid' }, tasks: [], waitingOn: null });
    expect(run.failure!.message).toMatch(/refused 2 times.*tasks depend on each other in a circle: a -> b -> a/s);
  });

  it('is told what is wrong with arguments that do not fit and with tools that do not exist, and goes on', async () => {
    const told: string[] = [];
    const listening =
      (turn: Turn): Turn =>
      (conversation) => {
        told.push(conversation.lastToolResultText);
        return typeof turn === 'function' ? turn(conversation) : turn;
      };
    const [write, finish] = change('arguments');
    const turns = [
      call('write', { path: 7 }),
      listening(call('teleport', {})),
      listening(call('read', { path: '../../../etc/passwd' })),
      listening(bash('')),
      listening(write!),
      finish!,
    ];
    const { id } = await give('arguments', { turns });
    expect((await runEnd(fermata.held, id)).state).toBe('completed');
    expect(told).toEqual([
      expect.stringMatching(/path.*content/s),
      expect.stringContaining('no tool named "teleport"'),
      expect.stringContaining('leads out of the worktree'),
      expect.stringContaining('command'),
    ]);
  });
});

describe.concurrent('a gate that misbehaves', () => {
  it('and never ends is ended with all it started, did not pass, and a person is asked after the repairs', async () => {
    const witness = join(fermata.witnesses, 'endless');
    const command = `(trap '' TERM; sleep 300.4711) & echo run >> '${witness}'; sleep 300.4711`;
    const turns = [...change('endless'), finishes('Mended.'), finishes('Mended again.')];
    const { id, location } = await give('endless', { turns, gates: [{ name: 'hang', command, timeoutMs: 1_000 }] });
    const waiting = await runWhere(fermata.held, id, {
      what: 'waiting for a person',
      is: ({ waitingOn, state }) => (state === 'running' && waitingOn?.kind === 'human') || finalStates.includes(state),
    });
    expect(waiting.waitingOn!.detail).toContain('Gates still fail after 2 repairs');
    expect(waiting.tasks[0]!.gates.map(({ state, exitCode }) => [state, exitCode])).toEqual(
      Array.from({ length: 3 }, () => ['timed_out', null]),
    );
    expect(await readFile(witness, 'utf8')).toBe('run\n'.repeat(3));
    expect(await processesThatKnow('300.4711')).toEqual([]);
    await decide(fermata.held, await openApproval(fermata.held, id), 'DENY');
    const run = await runEnd(fermata.held, id);
    expect(run).toMatchObject({ state: 'failed', report: { outcome: 'failed' } });
    expect(run.tasks[0]).toMatchObject({ state: 'partial_done' });
    expect(run.report!.tasks[0]!.keptBranch).toBe(run.tasks[0]!.branch);
    expect(await landedOn(location)).toEqual([]);
  });

  it('and prints fifty megabytes passes if it passes, and its output is kept cut to its beginning and end', async () => {
    const command = 'echo begin; head -c 50000000 /dev/zero | tr "\\0" x; echo; echo end';
    const { id } = await give('loud', { gates: [{ name: 'loud', command }] });
    expect((await runEnd(fermata.held, id)).state).toBe('completed');
    const { okrRun } = await ask<{
      okrRun: { tasks: { gates: { output: { size: number; text: { text: string } } }[] }[] };
    }>(
      fermata.held,
      'query ($id: ID!) { okrRun(id: $id) { tasks { gates { output { size text(limit: 100) { text } } } } } }',
      { id },
    );
    for (const { output } of okrRun.tasks[0]!.gates) {
      expect(output.size).toBeLessThan(1_100_000);
      expect(output.text.text).toMatch(/^begin\nx+/);
    }
  });
});

describe('a place where it cannot start', () => {
  const start = (options: Parameters<typeof HeldFermata.start>[0]) =>
    HeldFermata.start(options).then(async (held) => {
      await held.stop();
      throw new Error('it started');
    });
  const failing = (code: string, ...parts: string[]) => ({ failure: refusal(code, ...parts) });

  it('says which port is taken', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const { port } = server.address() as { port: number };
    const dataDir = join(fermata.folder, 'ports');
    await expect(start({ dataDir, ports: { api: port } })).rejects.toMatchObject(failing('port_taken', String(port)));
    server.close();
  });

  it('says that the data directory is held by another, and by whom', async () => {
    await expect(start({ dataDir: fermata.dataDir })).rejects.toMatchObject(failing('conflict', fermata.dataDir));
  });

  it('says that the data directory cannot be written, and what to set', async () => {
    const file = join(fermata.folder, 'a-file');
    await writeFile(file, '');
    const below = { dataDir: join(file, 'below') };
    await expect(start(below)).rejects.toMatchObject(failing('data_directory_unusable', 'a-file', 'FERMATA_HOME'));
    if (process.getuid?.() === 0) return;
    const locked = join(fermata.folder, 'locked');
    await mkdir(locked);
    await chmod(locked, 0o500);
    await expect(start({ dataDir: locked })).rejects.toMatchObject(failing('data_directory_unusable', 'locked'));
  });
});
