import { existsSync, statSync, writeFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { explainDiskError, prepareDataDirectory } from './data-directory.js';
import { temporaryDirectory } from './stack.fixture.js';

describe('the data directory', () => {
  let home: Awaited<ReturnType<typeof temporaryDirectory>>;
  beforeEach(async () => {
    home = await temporaryDirectory();
  });
  afterEach(() => home.remove());

  it('is made with everything above it, for this user only', async () => {
    const { root, logs } = await prepareDataDirectory(join(home.path, 'a', 'b'));
    expect(statSync(root).mode & 0o777).toBe(0o700);
    expect(existsSync(logs)).toBe(true);
  });

  it.each([
    ['is a file', 'taken'],
    ['lies below a file', 'taken/home'],
  ])('is refused when it %s, naming it and the way out', async (_, path) => {
    writeFileSync(join(home.path, 'taken'), '');
    const error = await prepareDataDirectory(join(home.path, path)).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'data_directory_unusable', details: { path: join(home.path, path) } });
    expect(String(error)).toContain('FERMATA_HOME');
  });

  it.each(['/sys/fermata', '/proc/fermata', '/proc/fermata/deeper'])(
    'is refused at once where nothing can be written: %s',
    async (path) => {
      await expect(prepareDataDirectory(path)).rejects.toMatchObject({ code: 'data_directory_unusable' });
    },
  );

  it.runIf(process.platform === 'linux')('has its own error for a full disk', async () => {
    const error: unknown = await writeFile('/dev/full', 'text').catch((thrown: unknown) =>
      explainDiskError(thrown, '/data'),
    );
    expect(error).toMatchObject({ code: 'disk_full', details: { path: '/data' } });
  });
});
