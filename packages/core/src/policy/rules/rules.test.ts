import { PolicyMode } from '@fermata/contracts';
import { describe, expect, it } from 'vitest';
import { decideLine, decideOperation, policyOf } from '../policy.fixture.js';

describe('the rules of an agent', () => {
  it('are read in order, and the first that matches decides', () => {
    const policy = policyOf([
      { effect: 'allow', command: 'npm run build' },
      { effect: 'deny', command: 'npm run *', reason: 'Scripts of this repository are not for agents.' },
      { effect: 'allow', command: 'npm *' },
    ]);
    expect(decideLine(policy, 'npm run build')).toMatchObject({ effect: 'allow', rule: 'rule 1' });
    expect(decideLine(policy, 'npm run deploy')).toMatchObject({
      effect: 'deny',
      rule: 'rule 2',
      reason: 'Scripts of this repository are not for agents.',
    });
    expect(decideLine(policy, 'npm test')).toMatchObject({ effect: 'allow', rule: 'rule 3' });
    expect(decideLine(policy, 'yarn test')).toMatchObject({ effect: 'ask', rule: 'mode: accept-edits' });
  });

  it('speak of each command of a line by itself', () => {
    const policy = policyOf([{ effect: 'allow', command: 'npm test' }]);
    expect(decideLine(policy, 'npm test && npm test').effect).toBe('allow');
    expect(decideLine(policy, 'npm test; make').effect).toBe('ask');
    expect(decideLine(policy, 'npm test | tee >(make)').effect).toBe('ask');
    expect(decideLine(policy, 'npm test\nmake').effect).toBe('ask');
    expect(decideLine(policy, 'npm test "$(make)"').effect).toBe('ask');
  });

  it('see through what only runs another command', () => {
    const policy = policyOf([{ effect: 'allow', command: 'npm test' }]);
    for (const line of [
      'timeout 60 npm test',
      "bash -lc 'npm test'",
      'env CI=1 npm test',
      'if true; then npm test; fi',
    ]) {
      expect(decideLine(policy, line), line).toMatchObject({ effect: 'allow' });
    }
    const forbidding = policyOf([{ effect: 'deny', command: 'timeout *' }], PolicyMode.full);
    expect(decideLine(forbidding, 'timeout 60 npm test').rule).toBe('rule 1');
  });

  it('name tools by a glob', () => {
    const policy = policyOf([{ effect: 'allow', tool: 'mcp__docs__*' }]);
    expect(decideOperation(policy, { kind: 'call', tool: 'mcp__docs__search' }).rule).toBe('rule 1');
    expect(decideOperation(policy, { kind: 'call', tool: 'mcp__mail__send' }).effect).toBe('ask');
    expect(decideLine(policy, 'make').effect).toBe('ask');
  });

  it('name paths relative to the worktree or absolute', () => {
    const policy = policyOf([
      { effect: 'deny', path: 'migrations/**' },
      { effect: 'deny', path: '**/*.{pem,key}' },
      { effect: 'allow', path: '/opt/docs/*' },
    ]);
    const write = (path: string) => decideOperation(policy, { kind: 'write', tool: 'write', path }).effect;
    expect(write('migrations/1/up.sql')).toBe('deny');
    expect(write('a/../migrations/x')).toBe('deny');
    expect(write('config/a.key')).toBe('deny');
    expect(write('/opt/docs/a.md')).toBe('allow');
    expect(write('/opt/docs/a/b.md')).toBe('ask');
    expect(write('src/a.ts')).toBe('allow');
  });

  it('forbid a path to commands as well, by whatever word or redirection names it', () => {
    const policy = policyOf([{ effect: 'deny', path: 'migrations/**' }], PolicyMode.full);
    for (const line of [
      'cat migrations/a',
      'cd migrations && rm a',
      'echo x > migrations/a',
      'tool --out=migrations/a',
    ]) {
      expect(decideLine(policy, line), line).toMatchObject({ effect: 'deny', rule: 'rule 1' });
    }
    expect(decideLine(policy, 'echo migrations/a').effect).toBe('allow');
  });

  it('allow a command with a path only when all that it names lies there', () => {
    const policy = policyOf([{ effect: 'allow', command: 'rm *', path: 'tmp/**' }]);
    expect(decideLine(policy, 'rm -f tmp/a tmp/b/c').effect).toBe('allow');
    expect(decideLine(policy, 'rm -f tmp/a src/b').effect).toBe('ask');
    expect(decideLine(policy, 'rm -f tmp/../src/b').effect).toBe('ask');
    expect(decideLine(policy, 'rm -f "$F"').effect).toBe('ask');
    expect(decideLine(policy, 'rm').effect).toBe('ask');
  });

  it('allow no command by a path or a host alone', () => {
    const policy = policyOf([
      { effect: 'allow', path: '**' },
      { effect: 'allow', host: '*' },
    ]);
    expect(decideLine(policy, 'make a').effect).toBe('ask');
    expect(decideLine(policy, 'curl https://example.org').effect).toBe('ask');
  });

  it('name hosts for fetches and for commands that go there', () => {
    const policy = policyOf([
      { effect: 'deny', host: '*.evil.test' },
      { effect: 'allow', command: 'curl *', host: '*.example.org' },
    ]);
    expect(decideOperation(policy, { kind: 'fetch', tool: 'web_fetch', host: 'a.evil.test' }).effect).toBe('deny');
    expect(decideLine(policy, 'curl https://a.evil.test/x')).toMatchObject({ effect: 'deny', rule: 'rule 1' });
    expect(decideLine(policy, 'curl https://api.example.org/x').effect).toBe('allow');
    expect(decideLine(policy, 'curl https://api.example.org/x https://other.test').effect).toBe('ask');
    expect(decideLine(policy, 'curl https://api.example.org@other.test/').effect).toBe('ask');
  });
});

describe('a rule that allows', () => {
  const policy = policyOf([
    { effect: 'allow', command: 'npm test *' },
    { effect: 'allow', command: 'git status' },
    { effect: 'allow', command: './gradlew build' },
  ]);

  it.each([
    'npm test',
    'npm test -- -t x',
    '/usr/bin/npm test',
    '/usr/local/bin/npm test',
    'git -C packages --no-pager status',
    './gradlew build',
  ])('takes what is certainly meant: %s', (line) => expect(decideLine(policy, line).effect).toBe('allow'));

  it.each([
    './npm test',
    '/tmp/npm test',
    'npm "$X"',
    'npm $X test',
    'PATH=/tmp/evil:$PATH npm test',
    'export PATH=/tmp/evil; npm test',
    'NODE_OPTIONS=--inspect npm test',
    'npm_config_script_shell=./x npm test',
    'npm test > /tmp/out.txt',
    'npm testing',
    'NPM test',
    'gradlew build',
    '../gradlew build',
  ])('does not take what may be something else: %s', (line) => expect(decideLine(policy, line).effect).toBe('ask'));

  it('does not let git do more than what it names', () => {
    expect(decideLine(policy, 'git -c core.fsmonitor=./x status').effect).toBe('ask');
    expect(decideLine(policy, 'git --exec-path=. status').effect).not.toBe('deny');
  });
});

describe('a rule that denies or asks', () => {
  it.each([
    ['git push *', 'git -C x --no-pager push origin'],
    ['git push *', '/opt/git/bin/git push'],
    ['rm -rf *', 'rm -f -r build'],
    ['rm -rf *', 'rm -fr build'],
    ['python3 *', 'python3.12 x.py'],
    ['npm run deploy', 'npm run "$TASK"'],
    ['docker ** --privileged **', 'docker run --rm --privileged x y'],
    ['* --force', 'tool --force'],
  ])('takes what may be meant: %s', (command, line) => {
    expect(decideLine(policyOf([{ effect: 'deny', command }], PolicyMode.full), line).effect).toBe('deny');
  });

  it.each([
    ['git push *', 'git log --grep push'],
    ['rm -rf *', 'rm build'],
    ['npm run deploy', 'npm run deploy:docs'],
    ['npm "*"', 'npm test'],
  ])('leaves other commands alone: %s', (command, line) => {
    expect(decideLine(policyOf([{ effect: 'deny', command }], PolicyMode.full), line).effect).toBe('allow');
  });
});

describe('the deny table', () => {
  it('is not lifted by a rule that does not name the danger', () => {
    for (const rule of [
      { effect: 'allow' },
      { effect: 'allow', tool: '*' },
      { effect: 'allow', command: 'git push *' },
    ] as const) {
      expect(decideLine(policyOf([rule], PolicyMode.full), 'git push -f origin work').rule).toBe(
        'deny-table: force-push',
      );
    }
  });

  it('is lifted for one danger by a rule that names it', () => {
    const policy = policyOf([{ effect: 'allow', command: 'git push ** work', danger: 'force-push' }]);
    expect(decideLine(policy, 'git push -f origin work')).toMatchObject({
      effect: 'allow',
      rule: 'rule 1',
      dangers: ['force-push'],
    });
    expect(decideLine(policy, 'git push -f origin main').effect).toBe('deny');
    expect(decideLine(policy, 'git push origin work').rule).toBe('deny-table: push');
    expect(decideLine(policy, 'git push -f "$(cat ~/.netrc)" work').rule).toBe('deny-table: credential-read');
  });

  it('may be softened into a question', () => {
    const policy = policyOf([{ effect: 'ask', danger: 'lose-work' }], PolicyMode.full);
    expect(decideLine(policy, 'git reset --hard')).toMatchObject({ effect: 'ask', rule: 'rule 1' });
  });

  it('does not keep an earlier rule from deciding', () => {
    const policy = policyOf([
      { effect: 'deny', command: 'git push *' },
      { effect: 'allow', danger: 'push' },
    ]);
    expect(decideLine(policy, 'git push')).toMatchObject({ effect: 'deny', rule: 'rule 1' });
  });

  it('is not softer than a rule', () => {
    const policy = policyOf([{ effect: 'deny', command: 'git *' }], PolicyMode.full);
    expect(decideLine(policy, 'git push').effect).toBe('deny');
  });

  it('lets what is not understood through only by name', () => {
    expect(decideLine(policyOf([{ effect: 'allow' }], PolicyMode.full), '$X a').effect).toBe('ask');
    expect(decideLine(policyOf([{ effect: 'allow', danger: 'unparsed' }]), '$X a').effect).toBe('allow');
    expect(decideLine(policyOf([{ effect: 'allow', danger: 'unparsed' }]), 'echo "').effect).toBe('allow');
    expect(decideLine(policyOf([{ effect: 'deny', danger: 'unparsed' }]), 'echo "').effect).toBe('deny');
  });
});
