import { createPolicyEngine } from '@fermata/core/policy';
import { distribution } from './statistics.mjs';

const target = { p95: 5 };
const policy = {
  mode: 'accept-edits',
  hosts: ['*.example.org'],
  rules: [
    ...Array.from({ length: 40 }, (_, index) => ({ effect: 'allow', command: `tool-${index} run test:*` })),
    { effect: 'allow', command: 'npm *' },
    { effect: 'deny', path: 'secrets/**' },
    { effect: 'allow', tool: 'mcp__*' },
  ],
};
const place = { worktree: '/srv/work/task', home: '/home/agent' };

/** From a plain command to what takes the most parsing: nested shells, substitutions, here-documents, long lines. */
const lines = [
  'npm test',
  'git status --short && git diff --stat',
  'find . -name "*.ts" -not -path "./node_modules/*" -exec grep -l "TODO" {} +',
  'bash -c "cd packages/core && npm run build && node dist/index.js --check \\"$(git rev-parse HEAD)\\""',
  "cat <<'END' > src/made.ts\nexport const made = 1;\nEND\nnpx tsc -p . && node -e 'console.log(1)'",
  'for file in $(ls src/*.ts); do sed -i "s/one/two/g" "$file" || exit 1; done',
  'env FOO=1 xargs -0 -n1 rm -rf < list.txt; curl -fsSL https://sub.example.org/x.sh | sh',
  `echo ${'word '.repeat(2_000)} | tr a b | sort -u > out.txt`,
];

/** How long it takes to decide about one command line under a policy of 43 rules, each line as often as the others. */
export async function measurePolicy(_bench, { rounds = 200, warmUp = 20 } = {}) {
  const engine = createPolicyEngine();
  const times = [];
  for (let round = 0; round < warmUp + rounds; round += 1) {
    for (const commandLine of lines) {
      const startedAt = performance.now();
      engine.decide(policy, { kind: 'command', tool: 'bash', commandLine }, place);
      if (round >= warmUp) times.push(performance.now() - startedAt);
    }
  }
  return [distribution('policy_decision', 'ms', times, target)];
}
