import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createRedactor } from '@fermata/contracts/redaction';
import { installRedactor } from '@fermata/database';
import type { ScriptedToolCall } from '@fermata/scripted-model';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { failureOf, resultOf } from '../../support/activity-world.js';
import { agentAtWork, type AgentAtWork } from '../../support/agent-at-work.js';
import { everythingStored } from '../../support/everything-stored.js';
import { useDatabase } from '../../support/postgres.js';

const held = useDatabase();

const planted = 'pl4nted/Secret+value-of-this-test';
const token = `ghp_${'a1B2'.repeat(9)}`;
/** As an agent may see or say it: as it is, in JSON, in a URL, as base64. */
const traces = [planted, token, encodeURIComponent(planted), Buffer.from(planted).toString('base64').slice(0, 30)];

beforeEach(() => installRedactor(createRedactor([{ name: 'DEPLOY_KEY', value: planted }])));
afterEach(() => installRedactor(null));

async function atWork(toolCalls: readonly ScriptedToolCall[], text?: string): Promise<AgentAtWork> {
  const at = await agentAtWork(held.database, toolCalls, {
    script: () => ({ toolCalls, ...(text !== undefined && { text }) }),
    gates: [{ name: 'leaky', command: 'cat config.env; exit 1', timeoutMs: 60_000 }],
  });
  writeFileSync(join(at.worktree, 'config.env'), `KEY=${planted}\nNAME=demo\nTOKEN=${token}\n`);
  return at;
}

const read: ScriptedToolCall = { name: 'read', input: { path: 'config.env' } };
const bash = (command: string): ScriptedToolCall => ({ name: 'bash', input: { command } });

describe('a secret that an agent comes across', () => {
  it('is stored nowhere: not what a tool shows, not what the model says, asks or reports, not what a gate prints', async () => {
    const at = await atWork(
      [
        read,
        bash(`cat config.env; echo '${JSON.stringify({ key: planted })}' | base64 -w0; exit 3`),
        { name: 'report_progress', input: { message: `The key is ${planted}.` } },
        { name: 'ask_human', input: { question: `Is ${planted} right, or ${token}?` } },
      ],
      `I found ${planted} and ${token}.`,
    );
    const { world, calls } = at;
    for (const call of calls.slice(0, 3)) await world.run('runTool', call);
    await world.run('askHuman', calls[3]!);
    const task = await world.database.task.findFirstOrThrow({ where: { workspaceId: world.workspaceId } });
    const gate = { taskId: task.id, attempt: 1, phase: 'work', round: 0, gate: 'leaky' } as never;
    const outcome = await world.run('runGate', gate);
    expect(JSON.stringify(outcome)).toContain('[redacted: DEPLOY_KEY]');
    const stored = await everythingStored(held.database);
    expect(stored).toContain('[redacted: DEPLOY_KEY]');
    expect(stored).toContain('[redacted: GitHub token]');
    for (const trace of traces) expect(stored.includes(trace), trace).toBe(false);
  });

  it('is shown to the model neither from what was read again nor from memory', async () => {
    const at = await atWork([read]);
    await at.world.run('runTool', at.calls[0]!);
    expect((await resultOf(at.world, at.calls[0]!)).text).toBe(
      '     1\tKEY=[redacted: DEPLOY_KEY]\n     2\tNAME=demo\n     3\tTOKEN=[redacted: GitHub token]',
    );
    await at.world.run('callModel', { agentRunId: at.agentRunId, index: 2 });
    const sent = JSON.stringify(at.world.model.requests().map(({ body }) => body));
    expect(sent).toContain('[redacted: DEPLOY_KEY]');
    for (const trace of traces) expect(sent.includes(trace), trace).toBe(false);
  });

  it('is not written over by the mark that stands for it', async () => {
    const edit = (old_string: string, new_string: string): ScriptedToolCall => ({
      name: 'edit',
      input: { path: 'config.env', old_string, new_string },
    });
    const at = await atWork([
      edit('KEY=[redacted: DEPLOY_KEY]', 'KEY=[redacted: DEPLOY_KEY]\nMORE=1'),
      edit('NAME=demo', 'NAME=other'),
    ]);
    expect(await at.world.run('runTool', at.calls[0]!)).toMatchObject({ state: 'failed' });
    expect((await resultOf(at.world, at.calls[0]!)).text).toContain('stands for a secret that you are not shown');
    expect(await at.world.run('runTool', at.calls[1]!)).toMatchObject({ state: 'succeeded' });
    await at.world.run('runTool', at.calls[1]!);
  });

  it('is not in the failure of an activity, which Temporal keeps', async () => {
    const at = await atWork([read]);
    const failure = await failureOf(
      at.world.run('runTool', { ...at.calls[0]!, agentRunId: `run_${planted}` as never }),
    );
    expect(failure.message).not.toContain(planted);
  });
});
