import { execFile } from 'node:child_process';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { SandboxBind } from '@fermata/contracts';
import { ownUser } from './own-user.js';
import { insidePaths } from './sandbox-environment.js';
import { systemCallFilter } from './system-call-filter.js';
import { copyConfiguration } from './system-places.js';

const run = promisify(execFile);

/** Files of ours that stand for those of the machine in every sandbox. */
export interface SystemFiles {
  readable: SandboxBind[];
  devices: SandboxBind[];
  /** The filter of system calls; null where there is none for this architecture. */
  callFilter: string | null;
}

/** Character devices and their numbers, fixed by the kernel (Documentation/admin-guide/devices.txt). */
const devices = { null: [1, 3], zero: [1, 5], full: [1, 7], random: [1, 8], urandom: [1, 9], tty: [5, 0] } as const;

/**
 * Writes them below `folder`, in place of those of an earlier worker. Nothing contained can see it otherwise.
 * @param more - paths below `/etc` that are to be shown too
 */
export async function writeSystemFiles(folder: string, more: readonly string[]): Promise<SystemFiles> {
  const etc = join(folder, 'etc');
  await rm(folder, { recursive: true, force: true });
  await mkdir(etc, { recursive: true });
  await copyConfiguration(etc, more);
  const { uid, gid } = ownUser().inside;
  const files = {
    passwd: `fermata:x:${uid}:${gid}:Fermata:${insidePaths.home}:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n`,
    group: `fermata:x:${gid}:\nnogroup:x:65534:\n`,
    hosts: '127.0.0.1 localhost fermata\n::1 localhost\n',
  };
  for (const [name, text] of Object.entries(files)) await writeFile(join(etc, name), text);
  const devices = ownUser().isRoot ? await ownDevices(join(folder, 'devices')) : [];
  const callFilter = await writeCallFilter(folder);
  return { readable: [{ source: etc, target: '/etc' }], devices, callFilter };
}

/** @returns the path of the filter in `folder`; null where there is none for this architecture */
export async function writeCallFilter(folder: string): Promise<string | null> {
  const filter = systemCallFilter();
  if (filter === null) return null;
  const path = join(folder, 'system-calls.bpf');
  await writeFile(path, filter);
  return path;
}

/**
 * To the kernel root inside owns the machine's device files, and could take them away from everybody by their mode. So
 * it gets others, which belong to nobody. Where they cannot be made (a container without the right to), it gets the
 * machine's.
 */
async function ownDevices(folder: string): Promise<SandboxBind[]> {
  await mkdir(folder, { recursive: true });
  const names = Object.keys(devices) as (keyof typeof devices)[];
  try {
    for (const name of names) await makeDevice(join(folder, name), devices[name]);
  } catch {
    return [];
  }
  return names.map((name) => ({ source: join(folder, name), target: `/dev/${name}` }));
}

async function makeDevice(path: string, [major, minor]: readonly [number, number]): Promise<void> {
  await run('mknod', ['--mode=666', path, 'c', String(major), String(minor)]);
  await run('chown', ['65534:65534', path]);
  // Where the file system knows no devices, it is found out now.
  await writeFile(path, '').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'EACCES' || error.code === 'EPERM') throw error;
  });
}
