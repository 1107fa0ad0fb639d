import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type AgentRunId } from '@fermata/contracts';
import { createRedactor } from '@fermata/contracts/redaction';
import {
  createAgentRunRepository,
  createSealedAnswerRepository,
  createSecretCipher,
  createSecretRepository,
  ensureKeyFile,
  installRedactor,
  openKeyRing,
  repositoriesFor,
  rotateSecrets,
} from '@fermata/database';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { failureOf, resultOf } from '../../support/activity-world.js';
import { agentAtWork, type AgentAtWork } from '../../support/agent-at-work.js';
import { makeWorkspace, useDatabase } from '../../support/postgres.js';
import {
  awsKey,
  fileOf,
  lastSent,
  openedAt,
  sealedPlace,
  sealedRows,
  tokenAtWork,
  write,
  writesKey,
} from '../../support/token-at-work.js';

const held = useDatabase();
beforeEach(() => installRedactor(createRedactor()));
afterEach(() => installRedactor(null));

const end = ({ world, agentRunId }: AgentAtWork, state: 'succeeded' | 'cancelled' = 'succeeded') =>
  world.run('endAgentRun', { agentRunId, state, failure: null });

describe('sealed words', () => {
  it('are there with the answer or not at all', async () => {
    const at = await agentAtWork(held.database, [writesKey]);
    await at.world.run('runTool', at.calls[0]!);
    await held.admin.query('ALTER TABLE "sealed_answer" ADD CONSTRAINT "broken" CHECK (false) NOT VALID');
    await failureOf(at.world.run('callModel', { agentRunId: at.agentRunId, index: 2 }));
    await held.admin.query('ALTER TABLE "sealed_answer" DROP CONSTRAINT "broken"');
    const where = { agentRunId: at.agentRunId, index: 2 };
    expect(await held.database.agentStep.findFirst({ where })).toMatchObject({ state: 'started', outputDigest: null });
    await at.world.run('callModel', { agentRunId: at.agentRunId, index: 2 }, { attempt: 2 });
    expect(await sealedRows(held.database, at)).toMatchObject([{ index: 0 }, { index: 2 }]);
  });

  it('do not open at another step, of another run, or in another workspace', async () => {
    const at = await tokenAtWork(held.database, [writesKey]);
    const other = await tokenAtWork(held.database, [writesKey]);
    const [row] = await sealedRows(held.database, at);
    const { keyId, nonce, ciphertext } = row!;
    other.world.deps.cipher = at.world.deps.cipher;
    const where = { agentRunId: other.agentRunId, index: 0 };
    await held.database.sealedAnswer.updateMany({ where, data: { keyId, nonce, ciphertext } });
    expect(await other.world.run('runTool', other.calls[0]!)).toMatchObject({ state: 'failed' });
    expect((await resultOf(other.world, other.calls[0]!)).text).toContain('What it was is no longer known');
    await at.world.run('runTool', at.calls[0]!);
    await at.world.run('callModel', { agentRunId: at.agentRunId, index: 2 });
    const place = { agentRunId: at.agentRunId, index: 2 };
    await held.database.sealedAnswer.updateMany({ where: place, data: { keyId, nonce, ciphertext } });
    const [call] = at.calls;
    const moved = { ...call!, modelIndex: 2, index: 3, callId: await callIdAt(at, 2) };
    expect(await at.world.run('runTool', moved)).toMatchObject({ state: 'failed' });
    expect((await resultOf(at.world, moved)).text).toContain('What it was is no longer known');
  });

  it('are not seen by another workspace, and do not open when their row is given to it', async () => {
    const at = await tokenAtWork(held.database, [writesKey]);
    const { agentRunId, world } = at;
    const { workspaceId } = await makeWorkspace(held.database);
    const seenBy = (workspace: string) =>
      createSealedAnswerRepository(held.database, workspace, world.deps.cipher).ofSteps(agentRunId, [0]);
    expect((await seenBy(world.workspaceId)).get(0)).toHaveProperty('answer');
    expect((await seenBy(workspaceId)).size).toBe(0);
    await held.database.sealedAnswer.updateMany({ where: { agentRunId }, data: { workspaceId } });
    expect((await seenBy(workspaceId)).get(0)).toHaveProperty('unreadable');
  });

  it('are read again when their key was dropped after they were read', async () => {
    const at = await tokenAtWork(held.database, [writesKey]);
    const { cipher } = at.world.deps;
    let opened = 0;
    // As when a rotation ends between the two readings.
    at.world.deps.cipher = {
      ...cipher,
      open: (place, sealed) => cipher.open(place, (opened += 1) === 1 ? { ...sealed, keyId: 'dropped' } : sealed),
    };
    expect(await at.world.run('runTool', at.calls[0]!)).toMatchObject({ state: 'succeeded' });
    expect(fileOf(at, 'scanner.test.txt')).toContain(awsKey);
  });

  it.each(['succeeded', 'cancelled'] as const)('are gone when their run has %s', async (state) => {
    const at = await tokenAtWork(held.database, [writesKey]);
    const other = await tokenAtWork(held.database, [writesKey]);
    expect(await sealedRows(held.database, at)).toHaveLength(1);
    await end(at, state);
    expect(await sealedRows(held.database, at)).toEqual([]);
    expect(await sealedRows(held.database, other)).toHaveLength(1);
  });

  it('are gone when somebody else ends the run, as with its parent or its task', async () => {
    const at = await tokenAtWork(held.database, [
      writesKey,
      { name: 'spawn_task', input: { title: 'One', instructions: 'Do it.' } },
    ]);
    const spawning = await at.world.run('spawnTask', at.calls[1]!);
    const agentRunId = (spawning as { childRunId: AgentRunId }).childRunId;
    await at.world.run('beginAgentRun', { agentRunId });
    await at.world.run('callModel', { agentRunId, index: 0 });
    expect(await sealedRows(held.database, { agentRunId })).toHaveLength(1);
    await end(at, 'cancelled');
    expect(await sealedRows(held.database, { agentRunId })).toEqual([]);
  });

  it('are not left behind by an answer that comes while, or after, the run is ended', async () => {
    const at = await agentAtWork(held.database, [writesKey, { name: 'ask_human', input: { question: 'Really?' } }]);
    await at.world.run('askHuman', at.calls[1]!);
    const { workspaceId } = at.world;
    const { agentRunId } = at;
    const begun = (id: string, index: number) => held.database.$executeRaw`
      INSERT INTO "agent_step" ("id", "workspace_id", "agent_run_id", "index", "kind", "name", "state", "attempt", "started_at")
      VALUES (${id}, ${workspaceId}, ${agentRunId}, ${index}, 'model', 'm', 'started', 1, now())`;
    const answered = async (id: string, index: number) => {
      const sealed = JSON.stringify({ agentRunId, index, keyId: 'one', nonce: '', ciphertext: '' });
      const order = JSON.stringify({ id, state: 'succeeded', from: ['started'] });
      const [row] = await held.database.$queryRaw<{ answer: { moved: boolean } }[]>`
        SELECT end_sealed_step(${workspaceId}, ${order}::jsonb, NULL, '[]'::jsonb, ${sealed}::jsonb) AS "answer"`;
      return row?.answer.moved;
    };
    // The end of the run is held up where it voids what was asked, when what was sealed has been deleted.
    await held.admin.query('BEGIN');
    await held.admin.query('SELECT 1 FROM "approval" WHERE "agent_run_id" = $1 FOR UPDATE', [agentRunId]);
    const ending = createAgentRunRepository(held.database, workspaceId).end(agentRunId, {
      ...{ state: 'cancelled', failure: null },
    });
    await sleep(500);
    // A step that began after it was looked for open ones, and its answer.
    await begun('stp_during', 3);
    const during = answered('stp_during', 3);
    await sleep(500);
    await held.admin.query('COMMIT');
    await ending;
    expect(await during).toBe(true);
    await begun('stp_after', 4);
    expect(await answered('stp_after', 4)).toBe(true);
    expect(await sealedRows(held.database, at)).toEqual([]);
  });

  it('of an earlier run are marks in one that goes on with it', async () => {
    const at = await tokenAtWork(held.database, [writesKey]);
    await at.world.run('runTool', at.calls[0]!);
    await end(at);
    const first = await held.database.agentRun.findUniqueOrThrow({ where: { id: at.agentRunId } });
    const { okrRunId, taskId, agentId, attempt, runtime, model, systemDigest, briefDigest } = first;
    const { id } = await createAgentRunRepository(held.database, at.world.workspaceId).queue({
      ...{ key: 'goes on', okrRunId, taskId: taskId!, agentId, kind: 'repair', round: 1, attempt, runtime, model },
      ...{ continuesRunId: at.agentRunId, host: 'host1', worktreeId: taskId!, systemDigest, briefDigest },
      ...{ maxSteps: 10, maxWorkMs: 60_000, maxOutputTokens: 1_000 },
    });
    const agentRunId = id as AgentRunId;
    await at.world.run('beginAgentRun', { agentRunId });
    await at.world.run('callModel', { agentRunId, index: 0 });
    expect(lastSent(at)).toContain('[redacted: AWS access key]');
    expect(lastSent(at)).not.toContain(awsKey);
  });
});

describe('keys', () => {
  const folders: string[] = [];
  afterEach(() => folders.splice(0).forEach((folder) => rmSync(folder, { recursive: true })));

  function keysInFile() {
    const folder = mkdtempSync(join(tmpdir(), 'fermata-sealed-'));
    folders.push(folder);
    ensureKeyFile(join(folder, 'keys.json'));
    return openKeyRing({ file: join(folder, 'keys.json') });
  }

  it('that are rotated take the sealed words of the workspace with them, and stay for those of another', async () => {
    const ring = keysInFile();
    const cipher = createSecretCipher(ring);
    const at = await tokenAtWork(held.database, [writesKey], { cipher });
    const other = await tokenAtWork(held.database, [writesKey], { cipher });
    const secrets = createSecretRepository(held.database, at.world.workspaceId, cipher);
    await secrets.save({ name: 'A', value: 'any value' }, { savedBy: at.world.principalId });
    const [old] = ring.read();
    // More than one transaction takes.
    const { agentRunId, world } = at;
    const { workspaceId } = world;
    const text = await openedAt(at, 0);
    for (let index = 100; index < 125; index++) {
      const again = cipher.seal(sealedPlace(workspaceId, { agentRunId, index }), text);
      await held.database.sealedAnswer.create({ data: { agentRunId, workspaceId, index, ...again } });
    }
    expect(await rotateSecrets(held.database, at.world, ring)).toMatchObject({ rotated: 1, retiredKeyIds: [] });
    const rows = await sealedRows(held.database, at);
    expect(rows).toHaveLength(26);
    expect(new Set(rows.map(({ keyId }) => keyId))).toEqual(new Set([ring.read()[0].id]));
    expect(await sealedRows(held.database, other)).toMatchObject([{ keyId: old.id }]);
    const { retiredKeyIds } = await rotateSecrets(held.database, other.world, ring);
    expect(retiredKeyIds).toContain(old.id);
    for (const { world, calls } of [at, other])
      expect(await world.run('runTool', calls[0]!)).toMatchObject({ state: 'succeeded' });
    expect(fileOf(at, 'scanner.test.txt')).toBe(`key = "${awsKey}"\n`);
  });

  it('that are lost have the call refused, which says so, and the run goes on', async () => {
    const at = await tokenAtWork(held.database, [writesKey, write('plain.txt', 'plain')]);
    at.world.deps.cipher = createSecretCipher(openKeyRing({ list: `two:${randomBytes(32).toString('base64')}` }));
    expect(await at.world.run('runTool', at.calls[0]!)).toMatchObject({ state: 'failed' });
    expect((await resultOf(at.world, at.calls[0]!)).text).toBe(
      'Not done: [redacted: AWS access key] stands where you wrote something else. What it was is no longer known: they were kept encrypted, and nothing here opens them (key one). Write it again.',
    );
    expect(await at.world.run('runTool', at.calls[1]!)).toMatchObject({ state: 'succeeded' });
    await at.world.run('callModel', { agentRunId: at.agentRunId, index: 3 });
    expect(lastSent(at)).toContain('[redacted: AWS access key]');
    expect(
      await rotateSecrets(held.database, at.world, openKeyRing({ list: `two:${Buffer.alloc(32).toString('base64')}` })),
    ).toMatchObject({ rotated: 0 });
  });

  it('that were never given cost no answer: its calls are refused as before', async () => {
    const at = await tokenAtWork(held.database, [writesKey, write('plain.txt', 'plain')], {
      cipher: createSecretCipher(openKeyRing({})),
    });
    expect(await sealedRows(held.database, at)).toEqual([]);
    expect(await at.world.run('runTool', at.calls[0]!)).toMatchObject({ state: 'failed' });
    expect(await at.world.run('runTool', at.calls[1]!)).toMatchObject({ state: 'succeeded' });
  });
});

async function callIdAt({ agentRunId, world }: AgentAtWork, index: number): Promise<string> {
  const { blobs } = repositoriesFor(held.database, world.workspaceId);
  const step = await held.database.agentStep.findFirstOrThrow({ where: { agentRunId, index } });
  const { blocks } = JSON.parse(await blobs.get(step.outputDigest ?? '')) as { blocks: { callId?: string }[] };
  return blocks.flatMap(({ callId }) => callId ?? [])[0] ?? '';
}
