import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { createInterface } from 'node:readline';
import type { Role } from '@fermata/contracts';
import { type Database, mintApiToken } from '@fermata/database';
import type { TestWorkspace } from './postgres.js';

const main = path.resolve(import.meta.dirname, '../../apps/api/dist/main.js');

/** Nothing listens there: for tests that need no Temporal, and for those that prove that none is needed. */
export const noTemporal = '127.0.0.1:1';

export interface RunningApi {
  url: string;
  child: ChildProcess;
  /** What it logged so far: JSON lines on stderr. */
  log: Record<string, unknown>[];
  /** All that came on stdout. */
  stdout: string[];
  /** Ends it in an orderly way; its exit code. */
  stop(signal?: NodeJS.Signals): Promise<number | null>;
}

export interface ApiOptions {
  databaseUrl: string;
  temporalAddress?: string;
  env?: Record<string, string>;
}

/** The compiled API as a process of its own, on a free port of the loopback. */
export async function startApi({ databaseUrl, temporalAddress = noTemporal, env }: ApiOptions): Promise<RunningApi> {
  const child = spawn(process.execPath, [main], {
    env: { PATH: process.env['PATH'], DATABASE_URL: databaseUrl, TEMPORAL_ADDRESS: temporalAddress, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const log: Record<string, unknown>[] = [];
  const stdout: string[] = [];
  createInterface({ input: child.stderr }).on('line', (line) => log.push(parseLine(line)));
  const lines = createInterface({ input: child.stdout }).on('line', (line) => stdout.push(line));
  const exited = once(child, 'exit').then(([code]) => code as number | null);
  const ready = once(lines, 'line').then(([line]) => (JSON.parse(line as string) as { url: string }).url);
  const url = await Promise.race([ready, exited.then(() => null)]);
  if (url === null) throw new Error(`the API did not start: ${JSON.stringify(log)}`);
  return {
    ...{ url, child, log, stdout },
    stop(signal = 'SIGTERM') {
      child.kill(signal);
      return exited;
    },
  };
}

function parseLine(line: string): Record<string, unknown> {
  try {
    return JSON.parse(line) as Record<string, unknown>;
  } catch {
    return { unparsed: line };
  }
}

export interface GraphqlAnswer {
  status: number;
  data: Record<string, unknown> | null;
  errors?: {
    message: string;
    path?: string[];
    extensions: { code: string; details?: Record<string, unknown>; reference?: string };
  }[];
}

export interface AskOptions {
  token?: string | null;
  variables?: Record<string, unknown>;
}

/** Asks over HTTP. */
export async function ask(
  { url }: Pick<RunningApi, 'url'>,
  query: string,
  { token, variables }: AskOptions = {},
): Promise<GraphqlAnswer> {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(token != null && { authorization: `Bearer ${token}` }) },
    body: JSON.stringify({ query, variables }),
  });
  return { status: response.status, ...((await response.json()) as Omit<GraphqlAnswer, 'status'>) };
}

/** The code of the first error, or null. */
export const codeOf = ({ errors }: GraphqlAnswer): string | null => errors?.[0]?.extensions.code ?? null;

/** A token of somebody in the workspace. */
export async function tokenOf(
  database: Database,
  { workspaceId, principalId }: TestWorkspace,
  role: Role,
): Promise<string> {
  const { token } = await mintApiToken(database, { workspaceId, principalId, role, mintedBy: principalId });
  return token;
}

/** What an answer has at `path` (`okrRuns.nodes.0.id`); fails when the answer has errors. */
export function pick<T = unknown>({ data, errors }: GraphqlAnswer, path: string): T {
  if (errors) throw new Error(`the answer has errors: ${JSON.stringify(errors)}`);
  return path.split('.').reduce<unknown>((at, key) => (at as Record<string, unknown> | null)?.[key], data) as T;
}
