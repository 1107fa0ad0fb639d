import type { DomainError, ErrorCode } from '@fermata/contracts';

/** Trying again does not help, and it is not the request that is wrong: the key, the address, the name of the model. */
const refusals: readonly ErrorCode[] = ['provider_unauthorized', 'provider_misconfigured', 'model_unknown'];

/** What a provider calls a used-up quota or an unpaid bill. */
export const unpaidNames: readonly string[] = [
  'insufficient_quota',
  'billing_hard_limit_reached',
  'billing_not_active',
  'billing_error',
  'enforced_spend_limit_reached',
];

/** True for a failure that any request to this provider would meet, and that waiting does not mend. */
export function isRefusedByProvider({ code, details }: DomainError): boolean {
  if (refusals.includes(code)) return true;
  const { reason } = details;
  return code === 'provider_rejected' && typeof reason === 'string' && unpaidNames.includes(reason);
}
