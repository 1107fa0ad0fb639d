import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DomainError } from '@fermata/contracts';
import type { CliConfig } from '../config.js';
import { readServerFile, serverFileIn } from '../running/server-file.js';
import { ServerUnreachable } from './server-unreachable.js';
import { calledAs } from '../called-as.js';

/** Where the API is and who we are there, each with where that is from, for messages. */
export interface Server {
  /** Without a trailing slash. */
  url: string;
  urlFrom: string;
  token: string;
  tokenFrom: string;
}

type Given = Pick<CliConfig, 'home' | 'url' | 'token'>;

/**
 * The server to talk to: what the environment names, else the one that `fermata up` wrote down.
 * @throws ServerUnreachable when none is known; DomainError `invalid_input` (address), `unauthenticated` (no token)
 */
export async function findServer(config: Given): Promise<Server> {
  const place = await findUrl(config);
  return { ...place, ...(await findToken(config, place.url)) };
}

async function findUrl({ home, url }: Given): Promise<Pick<Server, 'url' | 'urlFrom'>> {
  if (url !== undefined) return { url: checkedUrl(url), urlFrom: 'FERMATA_URL' };
  const file = serverFileIn(home);
  const known = await readServerFile(home);
  if (known !== null && !isAlive(known.pid)) throw endedUnorderly(known.pid, home);
  if (known !== null) return { url: known.url, urlFrom: file };
  throw new ServerUnreachable(
    `No Fermata runs in ${home}. Start one with \`${calledAs} up\`, or set FERMATA_URL to one that runs elsewhere.`,
    { home },
  );
}

/** Nothing is worth waiting for when the process that would start the API again is gone. */
function endedUnorderly(pid: number, home: string): ServerUnreachable {
  const message = `The Fermata of ${home} (process ${pid}) is gone without having been stopped. Start it again with \`${calledAs} up\`: what was under way goes on.`;
  return new ServerUnreachable(message, { home, pid });
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // Somebody else's process is a living one.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function checkedUrl(text: string): string {
  const url = URL.parse(text);
  if (url === null || !/^https?:$/.test(url.protocol))
    throw new DomainError(
      'invalid_input',
      `FERMATA_URL is "${text}", which is no http:// or https:// address. Write it like http://127.0.0.1:4000.`,
    );
  return `${url.origin}${url.pathname.replace(/(\/graphql)?\/*$/, '')}`;
}

async function findToken({ home, token }: Given, url: string): Promise<Pick<Server, 'token' | 'tokenFrom'>> {
  if (token !== undefined) return { token: token.trim(), tokenFrom: 'FERMATA_TOKEN' };
  const tokenFrom = join(home, 'token');
  // The token in the data directory opens the Fermata on this machine; no other server is told it.
  if (!isLoopback(url))
    throw new DomainError('unauthenticated', `FERMATA_URL is ${url}: set FERMATA_TOKEN to a token of that server too.`);
  const text = await readFile(tokenFrom, 'utf8').catch(() => '');
  if (text.trim() !== '') return { token: text.trim(), tokenFrom };
  throw new DomainError(
    'unauthenticated',
    `There is no token in ${tokenFrom}. Set FERMATA_TOKEN, or FERMATA_HOME to the data directory of the server at ${url}.`,
  );
}

function isLoopback(url: string): boolean {
  return /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(new URL(url).hostname);
}
