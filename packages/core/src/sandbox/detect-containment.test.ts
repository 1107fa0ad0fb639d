import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { detectContainment } from './detect-containment.js';

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

/** A folder of programs in which bwrap is what is given. */
function pathWith(script: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'fermata-bwrap-'));
  folders.push(folder);
  writeFileSync(join(folder, 'bwrap'), `#!/bin/sh\n${script}\n`);
  chmodSync(join(folder, 'bwrap'), 0o755);
  return `${folder}:/usr/bin:/bin`;
}

describe('finding out whether programs can be contained', () => {
  it('says yes here, with who keeps which limit', async () => {
    const report = await detectContainment(process.env);
    // Without bubblewrap on a Linux machine nothing about the sandbox would be tested: that is a failure.
    expect(report).toMatchObject({ containment: 'bubblewrap', reason: null });
    expect(report.programs.bubblewrap).toMatch(/^\/.*bwrap$/);
    expect(report.enforced).toMatchObject({ cpuSeconds: 'kernel', fileBytes: 'kernel' });
    expect(['kernel', 'watched']).toContain(report.enforced.memoryBytes);
    expect(['kernel', 'watched']).toContain(report.enforced.processes);
  });

  it('says what is missing, too old or not possible, and the way out', async () => {
    expect(await detectContainment({ PATH: '/nowhere' })).toMatchObject({
      containment: 'none',
      reason: expect.stringContaining('apt-get install bubblewrap') as string,
    });
    expect((await detectContainment({ PATH: pathWith('echo bubblewrap 0.6.1') })).reason).toBe(
      'bubblewrap 0.6.1 is too old: 0.8 or later is needed',
    );
    const refusing = 'test "$1" = --version && echo bubblewrap 0.9.0 && exit; echo "bwrap: No permissions" >&2; exit 1';
    expect((await detectContainment({ PATH: pathWith(refusing) })).reason).toContain('bwrap: No permissions');
    expect((await detectContainment(process.env, 'darwin')).reason).toContain('Linux only');
  });
});
