import { DomainError, type JsonObject } from '@fermata/contracts';

/** Nothing that speaks for Fermata answered. Told apart from an API that answers and says `unavailable`. */
export class ServerUnreachable extends DomainError {
  constructor(message: string, details: JsonObject = {}, cause?: unknown) {
    super('unavailable', message, details, { cause });
  }
}
