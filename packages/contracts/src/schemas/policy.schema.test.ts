import { describe, expect, it } from 'vitest';
import { agentPolicySchema } from './policy.schema.js';

describe('a policy as people write it', () => {
  it('is as strict as may be where nothing is said', () => {
    expect(agentPolicySchema.parse({})).toEqual({ mode: 'accept-edits', rules: [], hosts: [] });
  });

  it('takes what the engine takes', () => {
    const policy = {
      mode: 'full',
      rules: [{ effect: 'allow', command: 'git push *', danger: 'push', reason: 'It has a fork of its own.' }],
      hosts: ['*.example.org'],
      requires: 'bubblewrap',
    };
    expect(agentPolicySchema.parse(policy)).toEqual(policy);
  });

  it.each([
    { mode: 'yolo' },
    { rules: [{ effect: 'maybe' }] },
    { rules: [{ effect: 'allow', command: 'git "push' }] },
    { rules: [{ effect: 'allow', danger: 'constructor' }] },
    { rules: [{ effect: 'allow', comand: 'git push' }] },
    { hosts: ['https://example.org'] },
    { requires: 'trust' },
  ])('is refused with a mistake in it: %j', (policy) =>
    expect(agentPolicySchema.safeParse(policy).success).toBe(false),
  );
});
