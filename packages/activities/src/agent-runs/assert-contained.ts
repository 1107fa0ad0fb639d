import { type AgentPolicy, Containment, DomainError } from '@fermata/contracts';

/** @throws DomainError `missing_program` where the policy of an agent requires its programs to be held, and nothing holds them */
export function assertContained({ requires }: AgentPolicy, containment: Containment): void {
  if (requires === undefined || requires === Containment.none || requires === containment) return;
  throw new DomainError(
    'missing_program',
    `The policy of this agent requires ${requires}, and nothing contains programs on this host: install it (fermata doctor says how), or change the policy.`,
    { requires },
  );
}
