import { describe, expect, it } from 'vitest';
import { scrubbedEnvironment } from '../processes/index.js';
import { sandboxEnvironment } from './sandbox-environment.js';

describe('the environment inside', () => {
  it('keeps what finds tools and language, and has a home of its own in place of the user’s', () => {
    const scrubbed = scrubbedEnvironment({
      ...{
        PATH: '/usr/bin',
        LANG: 'C',
        JAVA_HOME: '/opt/jdk',
        HOME: '/home/ann',
        USER: 'ann',
        TMPDIR: '/home/ann/tmp',
      },
      ...{
        npm_config_cache: '/home/ann/.npm',
        CARGO_HOME: '/home/ann/.cargo',
        GOCACHE: '/srv/shared/go',
        GOPATH: '/srv/shared-not/go',
        XDG_CACHE_HOME: '/home/ann/.cache',
      },
      ...{ HTTPS_PROXY: 'http://proxy:3128', no_proxy: 'localhost' },
    });
    const inside = sandboxEnvironment(scrubbed, { extra: { FERMATA_HOST: 'h' }, writable: ['/srv/shared'] });
    expect(inside).toMatchObject({ PATH: '/usr/bin', LANG: 'C', JAVA_HOME: '/opt/jdk', CI: 'true', FERMATA_HOST: 'h' });
    expect(inside).toMatchObject({ HOME: '/run/fermata/home', TMPDIR: '/tmp', USER: 'fermata' });
    expect(JSON.stringify(inside)).not.toMatch(/ann|3128/);
    expect(inside).not.toHaveProperty('no_proxy');
    expect(inside).toMatchObject({ GOCACHE: '/srv/shared/go' });
    expect(inside).not.toHaveProperty('GOPATH');
  });
});
