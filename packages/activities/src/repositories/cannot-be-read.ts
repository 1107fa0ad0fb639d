import { type DomainError, isDomainError } from '@fermata/contracts';

/**
 * True when the user's repository cannot be read, now or ever: what is ending must be able to end all the same. What passes
 * by itself (a lock, a network) is not meant.
 */
export function cannotBeRead(error: unknown): error is DomainError {
  return isDomainError(error) && (!error.retryable || error.code === 'repository_away');
}
