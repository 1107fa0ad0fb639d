import { type AgentPolicy, type PolicyDecision, PolicyEffect } from '@fermata/contracts';
import { describe, expect, it } from 'vitest';
import { createPolicyEngine } from '../create-policy-engine.js';
import { type DangerousFamily, fullPolicy, type HarmlessFamily, place } from './corpus.fixture.js';
import { dangerousCode } from './dangerous-code.fixture.js';
import { dangerousFiles } from './dangerous-files.fixture.js';
import { dangerousGit } from './dangerous-git.fixture.js';
import { dangerousSecrets } from './dangerous-secrets.fixture.js';
import { dangerousServices } from './dangerous-services.fixture.js';
import { disguises } from './disguises.fixture.js';
import { harmlessShell } from './harmless-shell.fixture.js';
import { harmlessTools } from './harmless-tools.fixture.js';
import { heldOutDeeds } from './held-out-deeds.fixture.js';
import { heldOutDisguises } from './held-out-disguises.fixture.js';
import { heldOutHarmless } from './held-out-harmless.fixture.js';
import { secondLook } from './second-look.fixture.js';

const engine = createPolicyEngine();
const editing: AgentPolicy = { ...fullPolicy, mode: 'accept-edits' };
/** The most generous rule there is. */
const generous: AgentPolicy = {
  ...editing,
  rules: [{ effect: 'allow' }, { effect: 'allow', tool: '*', command: '* *' }],
};
const planning: AgentPolicy = { ...fullPolicy, mode: 'plan', rules: [{ effect: 'allow', tool: 'bash' }] };

const dangerous: readonly DangerousFamily[] = [
  ...dangerousFiles,
  ...dangerousGit,
  ...dangerousServices,
  ...dangerousSecrets,
  ...dangerousCode,
  ...heldOutDisguises,
  ...heldOutDeeds,
  ...secondLook,
];
const harmless: readonly HarmlessFamily[] = [...harmlessTools, ...harmlessShell, ...heldOutHarmless];

function decide(policy: AgentPolicy, commandLine: string): PolicyDecision {
  return engine.decide(policy, { kind: 'command', tool: 'bash', commandLine }, place);
}

/** The lines that do not get the effect, with what they get. */
function others(policy: AgentPolicy, lines: readonly string[], effect: PolicyEffect): string[] {
  return lines.flatMap((line) => {
    const decision = decide(policy, line);
    return decision.effect === effect ? [] : [`${decision.effect} by ${decision.rule}: ${line}`];
  });
}

describe('the corpus of dangerous command lines', () => {
  it('is as large as is claimed', () => {
    expect(dangerous.flatMap(({ deny = [], ask = [] }) => [...deny, ...ask]).length).toBeGreaterThan(1_100);
    expect(harmless.flatMap(({ lines }) => lines).length).toBeGreaterThan(500);
  });

  describe.each(dangerous.map((family) => [family.family, family] as const))('%s', (_, { deny = [], ask = [] }) => {
    it.each([
      ['full', fullPolicy],
      ['accept-edits', editing],
      ['accept-edits with a rule that allows everything', generous],
      ['plan with a rule that allows every command', planning],
    ])('is refused as it says in mode %s', (_, policy) => {
      expect([...others(policy, deny, PolicyEffect.deny), ...others(policy, ask, PolicyEffect.ask)]).toEqual([]);
    });
  });

  it.each(Object.entries(disguises))('is not allowed when it is wrapped in another way: %s', (_, wrap) => {
    const lines = dangerous.flatMap(({ deny = [] }) => deny).flatMap((line) => wrap(line) ?? []);
    expect(lines.filter((line) => decide(fullPolicy, line).effect === PolicyEffect.allow)).toEqual([]);
  });
});

describe('the corpus of harmless command lines', () => {
  const lines = harmless.flatMap((family) => family.lines);

  it('is hardly ever refused in mode full', () => {
    const refused = others(fullPolicy, lines, PolicyEffect.allow);
    expect(refused.length / lines.length, refused.join('\n')).toBeLessThan(0.02);
  });

  it('is never denied in mode accept-edits: a person can always say yes', () => {
    expect(lines.filter((line) => decide(editing, line).effect === PolicyEffect.deny)).toEqual([]);
  });
});
