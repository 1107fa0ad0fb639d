import type { AgentPolicy, Operation } from '@fermata/contracts';
import { policyRuleSchema } from '@fermata/contracts/schemas';
import { describe, expect, it } from 'vitest';
import { createPolicyEngine } from './create-policy-engine.js';
import { lastingRule } from './lasting-rule.js';

const engine = createPolicyEngine();
const place = { worktree: '/work/tree', home: '/home/agent' };
const asking: AgentPolicy = { mode: 'accept-edits', rules: [], hosts: [] };
const run = (commandLine: string): Operation => ({ kind: 'command', tool: 'bash', commandLine });

function ruleFor(operation: Operation) {
  return lastingRule(operation, engine.decide(asking, operation, place));
}

describe('the rule that a lasting yes adds', () => {
  it.each(['npm run deploy', "git commit -m 'a * b'", 'git push origin work', `echo "it's"`])(
    'allows %s',
    (command) => {
      const rule = ruleFor(run(command));
      if (command.includes('*')) return expect(rule).toBeNull();
      expect(policyRuleSchema.parse(rule)).toEqual(rule);
      const policy = { ...asking, rules: [rule!] };
      expect(engine.decide(policy, run(command), place)).toMatchObject({ effect: 'allow', rule: 'rule 1' });
    },
  );

  it('allows nothing more than what was asked about', () => {
    const policy = { ...asking, rules: [ruleFor(run('npm run deploy'))!] };
    for (const other of ['npm run deploy --force', 'npm run build', 'npm run deploy; rm -rf /', 'sudo npm run deploy'])
      expect(engine.decide(policy, run(other), place).effect).not.toBe('allow');
  });

  it('names the danger that the person has seen, and no other', () => {
    expect(ruleFor(run('git push origin work'))).toMatchObject({ danger: 'push' });
  });

  it.each(['npm test && npm run build', 'echo $SECRET', 'sh -c "npm test"', 'ls *.ts'])('is none for %s', (command) => {
    expect(ruleFor(run(command))).toBeNull();
  });

  it('is for the one path that was asked about', () => {
    const write = (path: string): Operation => ({ kind: 'write', tool: 'write', path });
    expect(ruleFor(write('/etc/hosts'))).toMatchObject({ path: '/etc/hosts', tool: 'write' });
    expect(ruleFor(write('a*b'))).toBeNull();
  });
});
