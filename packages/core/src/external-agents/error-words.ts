import { RequestError } from '@agentclientprotocol/sdk';
import { isDomainError } from '@fermata/contracts';

/** What went wrong here is the agent's to read: it may look for a file to find out whether there is one. */
export function inTheirWords(error: unknown): never {
  if (isDomainError(error) && error.code === 'not_found') throw RequestError.resourceNotFound(error.message);
  throw new RequestError(-32_603, error instanceof Error ? error.message : String(error));
}
