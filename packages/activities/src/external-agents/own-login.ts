import { constants } from 'node:fs';
import { lstat, open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { DomainError, presetFacts, type PresetLogin, usesOwnLogin } from '@fermata/contracts';
import { howToLogIn } from '@fermata/core/external-agents';
import { subjectsOf } from '../agent-runs/call-choice.js';
import type { Segment } from './segment.js';

/** More than that is no login. */
const most = { files: 64, bytes: 8 * 1024 * 1024 };

/** The login of its own that the agent of a stretch uses; null when it asks models at the gateway. */
export const ownLoginOf = ({ agent: { launch } }: Pick<Segment, 'agent'>): PresetLogin | null =>
  usesOwnLogin(launch) ? presetFacts[launch.preset].login : null;

/**
 * Refuses a login that this worker does not allow, and one whose cost nobody learns where the run has a budget to keep.
 * @throws DomainError `forbidden`
 */
export async function assertOwnLogin(segment: Segment): Promise<void> {
  const { deps, workspace, run, agent } = segment;
  const login = ownLoginOf(segment);
  if (login === null) return;
  const { name } = agent;
  if (!deps.allowsOwnLogin) {
    const message = `The agent ${name} is to use a login of its own, which this worker does not allow. Start the worker with FERMATA_ALLOW_OWN_LOGIN=true, or save the agent with the login gateway.`;
    throw new DomainError('forbidden', message, { agent: name });
  }
  const percent = await workspace.budgets.percentSpent(subjectsOf(workspace, run));
  if (percent === null) return;
  if (login.reportsCostOf === null) {
    const message = `The agent ${name} does not tell what it costs with a login of its own, so the budgets of its run, task, agent and workspace cannot be kept. Take their limits away, or save the agent with the login gateway.`;
    throw new DomainError('forbidden', message, { agent: name });
  }
  if (percent >= 100) {
    const message = `A budget of the run is spent, and the agent ${name} with a login of its own cannot wait in the middle of a turn. Raise the budget, then retry the task.`;
    throw new DomainError('budget_exhausted', message, { agent: name });
  }
}

/**
 * Reads the files of a login, by their paths below the home: files only, and no link is followed.
 * @throws DomainError `provider_unauthorized` when there is none, `invalid_input` when it is too large for one
 */
export async function readLogin({ agent, deps }: Segment, { paths }: PresetLogin): Promise<Record<string, Buffer>> {
  const found = await Promise.all(paths.map((path) => filesAt(deps.home, path)));
  const files = Object.fromEntries(found.flat());
  const bytes = Object.values(files).reduce((sum, file) => sum + file.length, 0);
  if (Object.keys(files).length > most.files || bytes > most.bytes)
    throw new DomainError(
      'invalid_input',
      `What lies at ${paths.join(', ')} is too large for the login of ${agent.name}.`,
    );
  if (bytes > 0 || agent.launch === null) return files;
  const message = `The agent ${agent.name} is to use a login of its own, and there is none at ~/${paths.join(', ~/')}. ${howToLogIn(agent.launch)}`;
  throw new DomainError('provider_unauthorized', message, { agent: agent.name });
}

async function filesAt(home: string, path: string): Promise<[string, Buffer][]> {
  const names = path.split('/');
  let place = home;
  for (const name of names) {
    place = join(place, name);
    const kind = await lstat(place).catch(() => null);
    if (kind === null || kind.isSymbolicLink()) return [];
    if (kind.isDirectory()) continue;
    return kind.isFile() && kind.size <= most.bytes ? [[path, await readNoLink(place)]] : [];
  }
  const entries = (await readdir(place)).slice(0, most.files + 1);
  return (await Promise.all(entries.map((name) => filesAt(home, `${path}/${name}`)))).flat();
}

/** Between the look and the reading it may have become one. */
async function readNoLink(file: string): Promise<Buffer> {
  const handle = await open(file, constants.O_RDONLY | constants.O_NOFOLLOW);
  try {
    return await handle.readFile();
  } finally {
    await handle.close();
  }
}

/** What of a login must not be written down, wherever it turns up: the longer texts in its files. */
export function secretsIn(files: Readonly<Record<string, Buffer>>): string[] {
  return Object.values(files).flatMap((file) => file.toString('latin1').match(/[\w.~+/=-]{20,}/g) ?? []);
}
