import { describe, expect, it } from 'vitest';
import { scrubbedEnvironment } from './scrubbed-environment.js';

describe('scrubbedEnvironment', () => {
  it('keeps what finds tools and language, and says that nobody is watching', () => {
    const source = { PATH: '/bin', HOME: '/home/a', LC_ALL: 'C', CARGO_HOME: '/c', GOPATH: '/g', TERM: undefined };
    expect(scrubbedEnvironment(source)).toEqual({
      PATH: '/bin',
      HOME: '/home/a',
      LC_ALL: 'C',
      CARGO_HOME: '/c',
      GOPATH: '/g',
      CI: 'true',
    });
  });

  it('drops what is not listed, and anything named like a secret even in a listed family', () => {
    const source = {
      PATH: '/bin',
      ANTHROPIC_API_KEY: 'k',
      GITHUB_TOKEN: 't',
      LC_SECRET: 's',
      DATABASE_URL: 'd',
      LD_PRELOAD: 'l',
      NODE_OPTIONS: 'n',
    };
    expect(scrubbedEnvironment(source)).toEqual({ PATH: '/bin', CI: 'true' });
  });

  it('drops an address that carries a login', () => {
    const source = { PATH: '/bin', HTTPS_PROXY: 'http://user:pw@proxy:3128', HTTP_PROXY: 'http://proxy:3128' };
    expect(scrubbedEnvironment(source)).toEqual({ PATH: '/bin', HTTP_PROXY: 'http://proxy:3128', CI: 'true' });
  });

  it('passes on what the caller adds, and finds programs without a PATH of its own', () => {
    const environment = scrubbedEnvironment({}, { MODEL_KEY: 'given', CI: 'false' });
    expect(environment).toMatchObject({ MODEL_KEY: 'given', CI: 'false' });
    expect(environment['PATH']).toContain('/usr/bin');
  });
});
