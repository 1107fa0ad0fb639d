import { spawn } from 'node:child_process';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type AgentPreset, DomainError, presetFacts } from '@fermata/contracts';

export interface InstallOrder {
  preset: AgentPreset;
  /** The folder of all of them. */
  agentsDir: string;
  env: Readonly<Record<string, string | undefined>>;
}

export interface InstalledAgent {
  folder: string;
  /** False: it was there in this version. */
  isNew: boolean;
}

/**
 * Installs the program of an agent from the npm registry, in a folder of its own and in the versions that were tried. It is
 * there whole or not at all; of the packages' own scripts only those are run without which it does not work.
 * @throws DomainError `missing_program` without npm, `command_failed` with what npm said
 */
export async function installAgent({ preset, agentsDir, env }: InstallOrder): Promise<InstalledAgent> {
  const folder = join(agentsDir, preset);
  if (await isAgentInstalled({ preset, agentsDir })) return { folder, isNew: false };
  const wanted = manifestOf(preset);
  const begun = `${folder}.${process.pid}`;
  await mkdir(begun, { recursive: true });
  try {
    await writeFile(join(begun, 'package.json'), wanted);
    await npm(['install', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'], { cwd: begun, env });
    const { built } = presetFacts[preset];
    if (built.length > 0) await npm(['rebuild', '--foreground-scripts', ...built], { cwd: begun, env });
    // What npm has made of it would not be equal the next time.
    await writeFile(join(begun, 'package.json'), wanted);
    await rm(folder, { recursive: true, force: true });
    await rename(begun, folder);
  } finally {
    await rm(begun, { recursive: true, force: true });
  }
  return { folder, isNew: true };
}

/** True when the program is there as `installAgent` leaves it. */
export async function isAgentInstalled({ preset, agentsDir }: Omit<InstallOrder, 'env'>): Promise<boolean> {
  return (await readFile(join(agentsDir, preset, 'package.json'), 'utf8').catch(() => null)) === manifestOf(preset);
}

function manifestOf(preset: AgentPreset): string {
  return `${JSON.stringify({ private: true, dependencies: presetFacts[preset].packages }, null, 2)}\n`;
}

/** Of what npm says, the end. */
const shownCharacters = 2_000;

interface Where {
  cwd: string;
  env: InstallOrder['env'];
}

function npm(args: readonly string[], { cwd, env }: Where): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn('npm', args, { cwd, env: { ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
    let said = '';
    for (const pipe of [child.stdout, child.stderr]) {
      pipe.on('data', (chunk: Buffer) => (said = (said + chunk.toString()).slice(-shownCharacters)));
    }
    child.once('error', (cause) => {
      const message = 'npm was not found: it comes with Node, put both on PATH.';
      reject(new DomainError('missing_program', message, {}, { cause }));
    });
    child.once('close', (code) => {
      if (code === 0) resolve();
      else reject(new DomainError('command_failed', `npm could not install it (exit code ${code}): ${said.trim()}`));
    });
  });
}
