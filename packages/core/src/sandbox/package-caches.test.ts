import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { packageCaches } from './package-caches.js';

let home: string;
beforeEach(() => void (home = mkdtempSync(join(tmpdir(), 'fermata-caches-'))));
afterEach(() => rmSync(home, { recursive: true, force: true }));

describe('the caches of packages that are shown', () => {
  it('are those that are there and that their tools only read', async () => {
    const modules = join(home, 'go/pkg/mod/cache/download');
    const maven = join(home, '.m2/repository');
    for (const folder of [modules, maven, join(home, '.npm')]) mkdirSync(folder, { recursive: true });
    expect(await packageCaches({ HOME: home })).toEqual({
      readable: [modules, maven],
      env: {
        GOPROXY: `file://${modules},https://proxy.golang.org,direct`,
        MAVEN_ARGS: `-Dmaven.repo.local.tail=${maven}`,
      },
    });
  });

  it('are where the environment says, and leave its own proxy second', async () => {
    const [modules, gradle] = [join(home, 'm/cache/download'), join(home, 'g/caches')];
    for (const folder of [modules, gradle]) mkdirSync(folder, { recursive: true });
    const env = {
      HOME: '/nowhere',
      GOMODCACHE: join(home, 'm'),
      GRADLE_USER_HOME: join(home, 'g'),
      GOPROXY: 'https://go.corp',
    };
    expect((await packageCaches(env)).env).toEqual({
      GOPROXY: `file://${modules},https://go.corp`,
      GRADLE_RO_DEP_CACHE: gradle,
    });
    expect(await packageCaches({})).toEqual({ readable: [], env: {} });
  });
});
