import { createActivities } from '@fermata/activities';
import { DomainError } from '@fermata/contracts';
import { createRedactor } from '@fermata/contracts/redaction';
import { BlobCache, type Database, digestOf, installRedactor } from '@fermata/database';
import { type ScriptedReply, type ScriptedToolCall } from '@fermata/scripted-model';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { failureOf, resultOf } from '../../support/activity-world.js';
import { agentAtWork } from '../../support/agent-at-work.js';
import { everythingStored } from '../../support/everything-stored.js';
import { useDatabase } from '../../support/postgres.js';
import {
  awsKey,
  bash,
  expectNoTraceIn,
  fileOf,
  lastSent,
  openedAt,
  otherAwsKey,
  passwordOfUrl,
  sealedRows,
  tokenAtWork,
  urlWithLogin,
  webToken,
  write,
  writesKey,
} from '../../support/token-at-work.js';

const held = useDatabase();
const planted = 'pl4nted/Secret+value-of-this-test';
beforeEach(() => installRedactor(createRedactor([{ name: 'DEPLOY_KEY', value: planted }])));
afterEach(() => installRedactor(null));

describe('a token that a model makes up', () => {
  it('is written to a file and used by a program as the model has it', async () => {
    const at = await tokenAtWork(held.database, [
      writesKey,
      write('jwt.test.txt', webToken),
      write('login.test.txt', urlWithLogin),
      bash(`printf %s '${awsKey}' | tr A-Z a-z > lower.txt`),
      { name: 'edit', input: { path: 'scanner.test.txt', old_string: awsKey, new_string: `${awsKey} ${webToken}` } },
    ]);
    for (const call of at.calls) expect(await at.world.run('runTool', call)).toMatchObject({ state: 'succeeded' });
    expect(fileOf(at, 'scanner.test.txt')).toBe(`key = "${awsKey} ${webToken}"\n`);
    expect(fileOf(at, 'jwt.test.txt')).toBe(webToken);
    expect(fileOf(at, 'login.test.txt')).toBe(urlWithLogin);
    expect(fileOf(at, 'lower.txt')).toBe(awsKey.toLowerCase());
  });

  it('is in no table, and in nothing that Temporal is told, whatever is done with it', async () => {
    const long = `${'x'.repeat(60)} ${webToken}`;
    const subtask = { title: `Use ${awsKey}`, instructions: `Use ${webToken} and ${urlWithLogin}.` };
    const toolCalls: ScriptedToolCall[] = [
      ...[writesKey, write('jwt.test.txt', webToken), write(`${awsKey}.txt`, urlWithLogin)],
      ...[
        { name: 'read', input: { path: 'scanner.test.txt' } },
        bash(`echo ${awsKey} ${webToken} ${urlWithLogin}; exit 3`),
      ],
      ...[bash(`cat missing.${awsKey}`), { name: 'read', input: { path: `missing ${webToken}` } }],
      { name: 'edit', input: { path: 'scanner.test.txt', old_string: `not ${long}`, new_string: urlWithLogin } },
      {
        name: 'apply_patch',
        input: {
          patch: `*** Begin Patch\n*** Update File: scanner.test.txt\n@@\n-${long}\n+${awsKey}\n*** End Patch\n`,
        },
      },
      { name: 'web_fetch', input: { url: `http://deploy:${passwordOfUrl}@127.0.0.1:1/?k=${awsKey}` } },
      { name: 'report_progress', input: { message: `I use ${awsKey}, ${webToken} and ${urlWithLogin}.` } },
      { name: awsKey, input: { a: webToken } },
      { name: 'ask_human', input: { question: `${'x'.repeat(190)} ${awsKey} or ${webToken} or ${urlWithLogin}?` } },
      { name: 'spawn_task', input: subtask },
      { name: 'finish', input: { [awsKey]: webToken } },
      { name: 'finish', input: { summary: `Used ${awsKey}, ${webToken} and ${urlWithLogin}.` } },
    ];
    const script = ({ assistantTurns }: { assistantTurns: number }): ScriptedReply =>
      assistantTurns === 0 ? { toolCalls } : { text: `Again: ${webToken}.` };
    const at = await tokenAtWork(held.database, toolCalls, { script });
    const states: unknown[] = [];
    for (const call of at.calls.slice(0, 12)) states.push((await at.world.run('runTool', call)).state);
    expect(states.slice(0, 4)).toEqual(Array(4).fill('succeeded'));
    expect(states.slice(4)).toContain('failed');
    const [question, spawning, refused, result] = at.calls.slice(12);
    await at.world.run('askHuman', question!);
    expect(await at.world.run('spawnTask', spawning!)).toMatchObject({
      outcome: 'spawned',
      title: 'Use [redacted: AWS access key]',
    });
    expect(await at.world.run('acceptResult', refused!)).toMatchObject({ accepted: false });
    expect(await at.world.run('acceptResult', result!)).toEqual({ accepted: true });
    await at.world.run('callModel', { agentRunId: at.agentRunId, index: 17 });
    expect(await sealedRows(held.database, at)).toHaveLength(2);
    const stored = await everythingStored(held.database);
    for (const name of ['AWS access key', 'JSON web token', 'login']) expect(stored).toContain(`[redacted: ${name}]`);
    expectNoTraceIn(stored);
    expectNoTraceIn(at.told());
    // Not even in part, as where a long line was cut.
    expect(stored).not.toContain(webToken.slice(0, 30));
    expect(stored).not.toContain(awsKey.slice(0, 8));
    await at.world.run('endAgentRun', { agentRunId: at.agentRunId, state: 'succeeded', failure: null });
    expectNoTraceIn(await everythingStored(held.database));
  });

  it('is in no failure of an activity: neither its words, nor its details, nor its causes', async () => {
    const at = await tokenAtWork(held.database, [writesKey]);
    const broken = new Error(`broken ${awsKey}`, { cause: new TypeError(`because of ${webToken}`) });
    const failureWith = (error: Error) => {
      at.world.deps.locate = () => Promise.reject(error);
      return failureOf(at.world.run('runTool', at.calls[0]!));
    };
    const known = await failureWith(new DomainError('conflict', `no ${awsKey}`, { said: webToken }));
    expect([known.message, known.details]).toEqual([
      'no [redacted: AWS access key]',
      [{ said: '[redacted: JSON web token]' }],
    ]);
    const failure = await failureWith(broken);
    const { cause } = failure as { cause?: Error };
    expect(cause).toMatchObject({ message: 'broken [redacted: AWS access key]', name: 'Error' });
    expect(cause?.cause).toMatchObject({ message: 'because of [redacted: JSON web token]', name: 'TypeError' });
    expectNoTraceIn([failure.message, failure.stack, cause?.stack, (cause?.cause as Error).stack].join('\n'));
  });

  it('is shown to the model in its own turns, and in no other', async () => {
    const at = await tokenAtWork(held.database, [writesKey, { name: 'read', input: { path: 'scanner.test.txt' } }]);
    for (const call of at.calls) await at.world.run('runTool', call);
    await at.world.run('callModel', { agentRunId: at.agentRunId, index: 3 });
    const { messages } = at.world.model.requests().at(-1)?.body as { messages: { role: string; content: unknown }[] };
    const said = (role: string) => JSON.stringify(messages.filter((message) => message.role === role));
    expect(said('assistant')).toContain(awsKey);
    expect(said('assistant')).not.toContain('[redacted');
    expect(said('user')).not.toContain(awsKey);
    expect(said('user')).toContain('[redacted: AWS access key]');
  });

  it('is told of to the loop in the same way at each attempt, as of the marks', async () => {
    const other = write('scanner.test.txt', `key = "${otherAwsKey}"\n`);
    const at = await agentAtWork(held.database, [writesKey, other]);
    const calls = async (index: number) => {
      const turn = await at.world.run('callModel', { agentRunId: at.agentRunId, index });
      return turn.outcome === 'answered' ? turn.calls.map(({ fingerprint }) => fingerprint) : [];
    };
    // Of what is hidden no digest is told.
    for (const call of at.calls) expect(await at.world.run('runTool', call)).toEqual({ state: 'succeeded' });
    const first = await calls(3);
    expect(await calls(3)).toEqual(first);
    expect(new Set(first).size).toBe(1);
    expect(first).not.toContain(digestOf({ name: 'write', input: writesKey.input, invalidInput: null }));
  });

  it('makes no difference between errors that say the same besides', async () => {
    const at = await tokenAtWork(held.database, [bash(`cat no.${awsKey}`), bash(`cat no.${otherAwsKey}`)]);
    const turns = [];
    for (const call of at.calls) turns.push(await at.world.run('runTool', call));
    expect(turns[0]).toMatchObject({ state: 'failed', fingerprint: expect.any(String) as string });
    expect(turns[1]).toEqual(turns[0]);
  });

  it('outlives the process that asked for it: another one runs the call with it', async () => {
    const at = await tokenAtWork(held.database, [writesKey, bash(`printf %s '${awsKey}' > made.txt`)]);
    const { deps } = at.world;
    // Another worker of the same installation, which remembers nothing.
    Object.assign(at.world.activities, createActivities({ ...deps, blobCache: new BlobCache(1_000_000) }));
    for (const call of at.calls)
      expect(await at.world.run('runTool', call, { attempt: 2 })).toMatchObject({ state: 'succeeded' });
    expect(fileOf(at, 'scanner.test.txt')).toBe(`key = "${awsKey}"\n`);
    expect(fileOf(at, 'made.txt')).toBe(awsKey);
  });
});

describe('a stored secret in a call', () => {
  it('stays refused by its name, also beside a token, and is neither written nor sealed', async () => {
    const at = await tokenAtWork(held.database, [
      write('a.txt', planted),
      write('b.txt', `${planted} ${awsKey}`),
      writesKey,
    ]);
    for (const call of at.calls.slice(0, 2)) {
      expect(await at.world.run('runTool', call)).toMatchObject({ state: 'failed' });
      const { text } = await resultOf(at.world, call);
      expect(text).toContain('[redacted: DEPLOY_KEY] in them, which stands for a secret that you are not shown');
    }
    expect(await at.world.run('runTool', at.calls[2]!)).toMatchObject({ state: 'succeeded' });
    expect(() => fileOf(at, 'b.txt')).toThrow(/ENOENT/);
    const { index } = at.calls[0]!;
    const opened = await openedAt(at, index - 1);
    expect(opened).toContain(awsKey);
    expect(opened).toContain('[redacted: DEPLOY_KEY]');
    expect(opened).not.toContain(planted);
  });

  it('alone makes nothing to be sealed', async () => {
    const at = await tokenAtWork(held.database, [write('a.txt', planted)]);
    expect(await sealedRows(held.database, at)).toEqual([]);
  });

  it('is refused, and not shown to the model again, when it was stored only after the answer', async () => {
    const at = await tokenAtWork(held.database, [writesKey]);
    installRedactor(createRedactor([{ name: 'LATE_KEY', value: awsKey }]));
    expect(await at.world.run('runTool', at.calls[0]!)).toMatchObject({ state: 'failed' });
    expect((await resultOf(at.world, at.calls[0]!)).text).toContain('[redacted: LATE_KEY] in them');
    await at.world.run('callModel', { agentRunId: at.agentRunId, index: 2 });
    expect(lastSent(at)).toContain('[redacted: LATE_KEY]');
    expect(lastSent(at)).not.toContain(awsKey);
  });

  it('is not let through by a mark that the model writes itself', async () => {
    const at = await tokenAtWork(held.database, [write('a.txt', `[redacted: AWS access key] ${awsKey}`)]);
    expect(await at.world.run('runTool', at.calls[0]!)).toMatchObject({ state: 'failed' });
  });
});

describe('an answer that nothing was taken out of', () => {
  it('costs no statement, when it is kept or read', async () => {
    const asked: string[] = [];
    const at = await agentAtWork(held.database, [write('a.txt', 'a'), write('b.txt', 'b')]);
    at.world.deps.database = watched(held.database, asked);
    const turn = async (index: number) => {
      asked.length = 0;
      await at.world.run('callModel', { agentRunId: at.agentRunId, index });
      return [...asked];
    };
    await at.world.run('runTool', at.calls[0]!);
    expect(asked).toContain('end_step');
    expect(asked.filter((name) => /seal|transaction/.test(name))).toEqual([]);
    await at.world.run('runTool', at.calls[1]!);
    const plain = await turn(3);
    expect(plain).toContain('end_step');
    expect(plain.filter((name) => /seal|transaction/.test(name))).toEqual([]);
    expect(await sealedRows(held.database, at)).toEqual([]);
  });
});

/** The same database, that says what is asked of it. */
function watched(database: Database, asked: string[]): Database {
  return new Proxy(database, {
    get(target, name) {
      if (name === '$transaction') asked.push('transaction');
      const value = Reflect.get(target, name, target) as unknown;
      if (name !== 'ask') return value;
      return (statement: { name: string }, values: unknown[]) => {
        asked.push(statement.name);
        return (value as Database['ask'])(statement as never, values);
      };
    },
  });
}
