/** What is done about an operation: it happens, a person is asked first, or it does not happen. */
export const PolicyEffect = { allow: 'allow', ask: 'ask', deny: 'deny' } as const;
export type PolicyEffect = (typeof PolicyEffect)[keyof typeof PolicyEffect];

const strictness: Readonly<Record<PolicyEffect, number>> = { allow: 0, ask: 1, deny: 2 };

/** Below zero when `a` is the milder of the two, so that a sort puts the strictest last. */
export function compareStrictness(a: PolicyEffect, b: PolicyEffect): number {
  return strictness[a] - strictness[b];
}
