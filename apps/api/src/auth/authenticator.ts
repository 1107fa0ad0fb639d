import { Inject, Injectable } from '@nestjs/common';
import { DomainError } from '@fermata/contracts';
import { type Database, findCaller } from '@fermata/database';
import { isTokenValid } from '@fermata/database/reading';
import type { Caller } from '../common/caller.js';
import { databaseToken } from '../common/tokens.js';
import { bearerToken } from './bearer-token.js';

export const unauthenticated = (): DomainError =>
  new DomainError('unauthenticated', 'give a valid token as "Authorization: Bearer <token>"');

/** Every request is looked up anew, so that a revoked token opens nothing from that moment on. */
@Injectable()
export class Authenticator {
  constructor(@Inject(databaseToken) private readonly database: Database) {}

  /** @throws DomainError `unauthenticated` for no token, or an unknown, expired or revoked one */
  async authenticate(authorization: unknown): Promise<Caller> {
    const token = bearerToken(authorization);
    const caller = token === null ? null : await findCaller(this.database, token);
    if (!caller) throw unauthenticated();
    return caller;
  }

  stillValid({ tokenId }: Caller): Promise<boolean> {
    return isTokenValid(this.database, tokenId);
  }
}
