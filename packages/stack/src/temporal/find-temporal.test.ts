import { appendFileSync, chmodSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { temporaryDirectory } from '../stack.fixture.js';
import { findTemporal, sha256Of } from './find-temporal.mjs';

describe('finding the Temporal program', () => {
  let home: Awaited<ReturnType<typeof temporaryDirectory>>;
  let cache: string;
  beforeEach(async () => {
    home = await temporaryDirectory();
    cache = join(home.path, 'cache');
    mkdirSync(cache);
  });
  afterEach(() => home.remove());

  function write(path: string, script: string): string {
    writeFileSync(path, `#!/bin/sh\n${script}\n`);
    chmodSync(path, 0o755);
    return path;
  }
  const speaksTemporal = 'echo "temporal version 1.5.1 (Server 1.29.1, UI 2.42.1)"';

  async function cachedCopy(): Promise<string> {
    const path = write(join(cache, 'temporal'), speaksTemporal);
    const { size, mtimeMs } = statSync(path);
    writeFileSync(join(cache, 'checked.json'), JSON.stringify({ sha256: await sha256Of(path), size, mtimeMs }));
    return path;
  }

  it('prefers the one on PATH to the cached copy', async () => {
    await cachedCopy();
    const path = write(join(home.path, 'temporal'), speaksTemporal);
    expect(await findTemporal({ PATH: home.path }, cache)).toEqual({ path, source: 'path' });
  });

  it('passes over another program of that name', async () => {
    const path = await cachedCopy();
    write(join(home.path, 'temporal'), 'echo "a calendar"');
    expect(await findTemporal({ PATH: home.path }, cache)).toEqual({ path, source: 'cache' });
  });

  it('finds a cached copy again that was only touched', async () => {
    const path = await cachedCopy();
    const record = JSON.parse(readFileSync(join(cache, 'checked.json'), 'utf8')) as object;
    writeFileSync(join(cache, 'checked.json'), JSON.stringify({ ...record, mtimeMs: 1 }));
    expect(await findTemporal({}, cache)).toEqual({ path, source: 'cache' });
  });

  it('does not run a cached copy that was changed, cut short, or never checked', async () => {
    const path = await cachedCopy();
    appendFileSync(path, '# more');
    expect(await findTemporal({}, cache)).toBeNull();
    await cachedCopy();
    write(path, speaksTemporal.replace('1.5.1', '1.5.2'));
    expect(await findTemporal({}, cache)).toBeNull();
    await cachedCopy();
    rmSync(join(cache, 'checked.json'));
    expect(await findTemporal({}, cache)).toBeNull();
  });
});
