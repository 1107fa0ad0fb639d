import { DomainError } from '@fermata/contracts';

/** The value, or an error that names what is not there. */
export function found<T>(value: T | null | undefined, noun: string, id: string): T {
  if (value != null) return value;
  throw new DomainError('not_found', `There is no ${noun} ${id} here.`, { id });
}
