import { describe, expect, it } from 'vitest';
import { carriesLogin } from './repository-location.js';

describe('carriesLogin', () => {
  it.each([
    'https://ann:secret@example.com/x.git',
    'https://ann:se@cret@example.com/x.git',
    'https://ghp_0123456789@example.com/x',
    'HTTPS://x-access-token:t@example.com/x',
    'https://:t@example.com/x',
    'http://ann@example.com/x',
    'ssh://ann:secret@example.com/x',
    'ssh://ann%3asecret@example.com/x',
    'git+ssh://ann:secret@example.com/x',
    'ext::https://ann:secret@example.com/x',
  ])('sees one in %s', (location) => {
    expect(carriesLogin(location)).toBe(true);
  });

  it.each([
    '/srv/a@b/repository',
    'file:///srv/a:b@c',
    'https://example.com/x.git',
    'https://example.com:8443/@scope/x',
    'https://example.com?mail=ann:b@example.com',
    'git@example.com:team/x.git',
    'ssh://git@example.com:22/team/x.git',
    'git+ssh://git@example.com/x',
    'git://example.com/x',
  ])('sees none in %s', (location) => {
    expect(carriesLogin(location)).toBe(false);
  });
});
