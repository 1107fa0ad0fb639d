import { DomainError } from '@fermata/contracts';

/**
 * What was read; null when it is not there. Anything else that keeps us from looking (too many open files, a failing
 * disk) is no answer: whoever removes what "is not there" must not be misled by it.
 * @throws DomainError `unavailable`
 */
export async function ifThere<Value>(reading: Promise<Value>): Promise<Value | null> {
  try {
    return await reading;
  } catch (error) {
    const { code, path, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return null;
    const details = { ...(code !== undefined && { code }), ...(path !== undefined && { path }) };
    throw new DomainError('unavailable', `${path ?? 'a file'} cannot be read: ${message}`, details, { cause: error });
  }
}
