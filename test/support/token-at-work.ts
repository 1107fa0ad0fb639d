import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Database } from '@fermata/database';
import type { ScriptedToolCall } from '@fermata/scripted-model';
import { expect } from 'vitest';
import type { WorldOptions } from './activity-world.js';
import { agentAtWork, type AgentAtWork } from './agent-at-work.js';

/** What a test of a scanner has in it: nobody's, and of a known shape. */
export const awsKey = 'AKIAQ7ZD3FAKE5KEY2XW';
/** Another that is shown in the same way. */
export const otherAwsKey = 'AKIAQ7ZD3OTHER3KEY22';
const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
export const webToken = `${part({ alg: 'HS256', typ: 'JWT' })}.${part({ sub: 'nobody', admin: true })}.${'s1gNature'.repeat(4)}`;
export const passwordOfUrl = 'pa55w0rd-of-12-c';
export const urlWithLogin = `https://deploy:${passwordOfUrl}@example.com/a.git`;

export const write = (path: string, content: string): ScriptedToolCall => ({ name: 'write', input: { path, content } });
export const bash = (command: string): ScriptedToolCall => ({ name: 'bash', input: { command } });
export const writesKey = write('scanner.test.txt', `key = "${awsKey}"\n`);

export interface TokenAtWork extends AgentAtWork {
  /** All that the activities have given back or thrown: it is in the history of the workflow. */
  told: () => string;
}

/** An agent at work whose model has just made these calls, with all that is told of it from then on. */
export async function tokenAtWork(
  database: Database,
  toolCalls: readonly ScriptedToolCall[],
  options: WorldOptions = {},
): Promise<TokenAtWork> {
  const at = await agentAtWork(database, toolCalls, options);
  const told: unknown[] = [await at.world.run('callModel', { agentRunId: at.agentRunId, index: 0 })];
  const { run } = at.world;
  at.world.run = (name, input, called) => {
    const running = run(name, input, called);
    running.then(
      (given) => told.push(given),
      (error: Error) => told.push(error, error.message, error.stack, String(error.cause)),
    );
    return running;
  };
  return { ...at, told: () => JSON.stringify(told) };
}

export const fileOf = ({ worktree }: AgentAtWork, path: string): string => readFileSync(join(worktree, path), 'utf8');

export const sealedRows = (database: Database, { agentRunId }: Pick<AgentAtWork, 'agentRunId'>) =>
  database.sealedAnswer.findMany({ where: { agentRunId }, orderBy: { index: 'asc' } });

/** What sealed words are authenticated with. */
export const sealedPlace = (workspaceId: string, { agentRunId, index }: { agentRunId: string; index: number }) => ({
  workspaceId,
  name: `answer ${index} of ${agentRunId}`,
});

/** What is sealed at a step, opened as whoever has the keys does. */
export async function openedAt({ agentRunId, world }: AgentAtWork, index: number): Promise<string> {
  const { workspaceId, deps, database } = world;
  const row = await database.sealedAnswer.findFirstOrThrow({ where: { agentRunId, index } });
  return deps.cipher.open(sealedPlace(workspaceId, { agentRunId, index }), row);
}

/** As it is, as the bytes of a column are shown, and as base64. */
export function expectNoTraceIn(text: string): void {
  for (const token of [awsKey, webToken, passwordOfUrl]) {
    const bytes = Buffer.from(token);
    for (const trace of [token, bytes.toString('hex'), bytes.toString('base64').slice(0, 20)]) {
      const at = text.indexOf(trace);
      expect(at === -1 ? null : text.slice(Math.max(0, at - 200), at + 200)).toBeNull();
    }
  }
}

/** The last request, as the model reads it. */
export const lastSent = ({ world }: AgentAtWork): string => JSON.stringify(world.model.requests().at(-1)?.body);
