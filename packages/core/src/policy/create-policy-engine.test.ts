import { isDomainError, type Operation, PolicyMode, withoutPerson } from '@fermata/contracts';
import { describe, expect, it } from 'vitest';
import { decideLine, decideOperation, policyOf } from './policy.fixture.js';

const full = policyOf([], PolicyMode.full);
const edits = policyOf([], PolicyMode.acceptEdits);
const plan = policyOf([], PolicyMode.plan);

describe('a decision', () => {
  it('names the danger that decided, and says it in a sentence', () => {
    expect(decideLine(full, 'npm test && rm -rf /')).toEqual({
      effect: 'deny',
      rule: 'deny-table: delete-outside',
      reason: '`rm -rf /` deletes a folder outside the worktree, or one that is not known before it runs: /.',
      dangers: ['delete-outside'],
      commands: [
        { argv: ['npm', 'test'], from: [], effect: 'allow', rule: 'mode: full' },
        { argv: ['rm', '-rf', '/'], from: [], effect: 'deny', rule: 'deny-table: delete-outside' },
      ],
    });
  });

  it('says through what each command was reached', () => {
    const { commands } = decideLine(full, 'echo "$(timeout 5 sh -c \'ls src | xargs wc\')"');
    expect(commands.map(({ argv, from }) => `${argv[0]}: ${from.join(' > ')}`)).toEqual([
      'timeout: $(…)',
      'sh: $(…) > timeout',
      'ls: $(…) > timeout > sh -c',
      'xargs: $(…) > timeout > sh -c',
      'wc: $(…) > timeout > sh -c > xargs',
      'echo: ',
    ]);
  });

  it('takes the strictest of all commands', () => {
    expect(decideLine(full, 'ls; git push; reboot').rule).toBe('deny-table: system');
    expect(decideLine(full, 'ls; git push; ls').rule).toBe('deny-table: push');
  });

  it('asks about what cannot be parsed, and names it so', () => {
    expect(decideLine(full, 'echo "')).toMatchObject({ effect: 'ask', rule: 'unparsed', dangers: ['unparsed'] });
  });

  it('allows what runs nothing', () => {
    expect(decideLine(plan, '# rm -rf /')).toMatchObject({ effect: 'allow', rule: 'nothing to run', commands: [] });
  });

  it('becomes a denial where no person can answer', () => {
    const asked = decideLine(full, 'git push');
    expect(withoutPerson(asked)).toMatchObject({ effect: 'deny', rule: 'deny-table: push' });
    expect(withoutPerson(decideLine(full, 'ls')).effect).toBe('allow');
  });

  it('tells which rule of a policy cannot be read', () => {
    const broken = policyOf([{ effect: 'allow' }, { effect: 'deny', command: 'git "push' }]);
    try {
      decideLine(broken, 'ls');
      expect.unreachable();
    } catch (error) {
      expect(isDomainError(error) && error.code).toBe('invalid_input');
      expect(String(error)).toContain('rule 2');
    }
  });
});

describe('mode plan', () => {
  it.each([
    'ls -la',
    'git log -3',
    'cat a | grep b | sort | uniq -c',
    'find . -name x',
    'for f in *.ts; do head "$f"; done',
  ])('allows what only looks: %s', (line) =>
    expect(decideLine(plan, line)).toMatchObject({ effect: 'allow', rule: 'mode: plan' }),
  );

  it.each([
    'npm test',
    'git commit -m x',
    'git branch -a new --force',
    'git branch new',
    'git log --output=x',
    'git -c core.pager="touch x" log',
    'git config user.name x',
    'sort a -o a',
    'sed -i s/a/b/ x',
    "sed 's/a/b/w x' y",
    'find . -name x -delete',
    'find . -exec touch {} +',
    'awk \'{ print > "x" }\' y',
    'echo x > a.txt',
    'ls > a.txt',
    'uniq a b',
    'tee a',
    'cat a | xargs touch',
    'uv run pytest',
    'npx tsc',
    'ls $(touch x)',
    'PAGER="touch x" git log',
    'hostname x',
  ])('denies what may change something: %s', (line) =>
    expect(decideLine(plan, line)).toMatchObject({ effect: 'deny', rule: 'mode: plan' }),
  );
});

describe('mode accept-edits', () => {
  it.each(["cat > src/a.ts <<'E'\nx\nE", 'echo x >> notes.md', 'ls 2>/dev/null', 'git diff | head > out.txt 2>&1'])(
    'allows looking, and writing into the worktree: %s',
    (line) => expect(decideLine(edits, line).effect).toBe('allow'),
  );

  it.each(['npm test', 'echo x > /tmp/x', 'echo x > ../x', 'echo x > "$F"', 'rm a', 'curl example.org'])(
    'asks about anything else: %s',
    (line) => expect(decideLine(edits, line)).toMatchObject({ effect: 'ask', rule: 'mode: accept-edits' }),
  );
});

describe('the deny table and operations other than commands', () => {
  const operations: [Operation, Record<'plan' | 'accept-edits' | 'full', string>][] = [
    [
      { kind: 'read', tool: 'read', path: 'src/a.ts' },
      { plan: 'allow', 'accept-edits': 'allow', full: 'allow' },
    ],
    [
      { kind: 'read', tool: 'read', path: '.env' },
      { plan: 'allow', 'accept-edits': 'allow', full: 'allow' },
    ],
    [
      { kind: 'read', tool: 'read', path: '/usr/include/x.h' },
      { plan: 'ask', 'accept-edits': 'ask', full: 'allow' },
    ],
    [
      { kind: 'read', tool: 'read', path: '/home/agent/.ssh/id_rsa' },
      { plan: 'deny', 'accept-edits': 'deny', full: 'deny' },
    ],
    [
      { kind: 'read', tool: 'read', path: '../other/.env' },
      { plan: 'deny', 'accept-edits': 'deny', full: 'deny' },
    ],
    [
      { kind: 'write', tool: 'write', path: 'src/a.ts' },
      { plan: 'deny', 'accept-edits': 'allow', full: 'allow' },
    ],
    [
      { kind: 'write', tool: 'edit', path: 'src/../../x' },
      { plan: 'deny', 'accept-edits': 'ask', full: 'allow' },
    ],
    [
      { kind: 'write', tool: 'write', path: '.git/hooks/pre-push' },
      { plan: 'deny', 'accept-edits': 'ask', full: 'ask' },
    ],
    [
      { kind: 'write', tool: 'write', path: '/home/agent/.bashrc' },
      { plan: 'deny', 'accept-edits': 'deny', full: 'deny' },
    ],
    [
      { kind: 'write', tool: 'write', path: '/dev/sda' },
      { plan: 'deny', 'accept-edits': 'deny', full: 'deny' },
    ],
    [
      { kind: 'fetch', tool: 'web_fetch', host: 'example.org' },
      { plan: 'ask', 'accept-edits': 'ask', full: 'ask' },
    ],
    [
      { kind: 'fetch', tool: 'web_fetch', host: 'localhost:3000' },
      { plan: 'allow', 'accept-edits': 'allow', full: 'allow' },
    ],
    [
      { kind: 'fetch', tool: 'web_fetch', host: '169.254.169.254' },
      { plan: 'deny', 'accept-edits': 'deny', full: 'deny' },
    ],
    [
      { kind: 'call', tool: 'mcp__github__merge' },
      { plan: 'deny', 'accept-edits': 'ask', full: 'allow' },
    ],
    [
      { kind: 'call', tool: 'think' },
      { plan: 'ask', 'accept-edits': 'ask', full: 'allow' },
    ],
  ];

  it.each(operations)('decide %o', (operation, expected) => {
    const decided = [plan, edits, full].map((policy) => [policy.mode, decideOperation(policy, operation).effect]);
    expect(Object.fromEntries(decided)).toEqual(expected);
  });

  it('lets listed hosts be fetched', () => {
    const operation = { kind: 'fetch', tool: 'web_fetch', host: 'API.Example.org.' } as const;
    expect(decideOperation({ ...plan, hosts: ['*.example.org'] }, operation).effect).toBe('allow');
    expect(decideOperation({ ...plan, hosts: ['example.org'] }, operation).effect).toBe('ask');
  });
});

describe('places', () => {
  it('starts where the command line is started', () => {
    expect(decideLine(full, 'rm -rf ../dist', 'packages/web').effect).toBe('allow');
    expect(decideLine(full, 'rm -rf ../dist').effect).toBe('deny');
    expect(decideLine(full, 'rm -rf *', '/srv/work/task/dist').effect).toBe('allow');
  });

  it('takes further folders of the agent for its own', () => {
    const operation = { kind: 'command', tool: 'bash', commandLine: 'rm -rf /tmp/agent-1/x' } as const;
    expect(decideOperation(full, operation).effect).toBe('deny');
    const engineDecision = decideOperation(full, operation, { scratch: ['/tmp/agent-1'] });
    expect(engineDecision.effect).toBe('allow');
  });
});
