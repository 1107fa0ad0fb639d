import { isDomainError } from '@fermata/contracts';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Logger } from 'pino';
import type { Caller } from '../common/caller.js';
import { formatErrors } from '../common/graphql-error.js';
import type { Authenticator } from './authenticator.js';

/** What anybody may ask: it says nothing about any workspace. */
const openPaths: ReadonlySet<string> = new Set(['/healthz', '/readyz', '/metrics']);

const callers = new WeakMap<object, Caller>();

/** The caller of a request that got past `requireTokens`. */
export function callerOf(request: FastifyRequest): Caller {
  const caller = callers.get(request.raw);
  if (!caller) throw new Error('a request got past authentication');
  return caller;
}

/** Answers every request without a valid token with 401, whatever it asks for. Before any body is read. */
export function requireTokens(
  fastify: Pick<FastifyInstance, 'addHook'>,
  { authenticator, logger }: { authenticator: Authenticator; logger: Logger },
): void {
  fastify.addHook('onRequest', async (request: FastifyRequest, reply: FastifyReply) => {
    if (openPaths.has(request.routeOptions.url ?? '')) return;
    try {
      callers.set(request.raw, await authenticator.authenticate(request.headers.authorization));
    } catch (error) {
      const refused = isDomainError(error) && error.code === 'unauthenticated';
      if (refused) void reply.header('www-authenticate', 'Bearer');
      await reply.code(refused ? 401 : 500).send({ data: null, errors: formatErrors([error], logger) });
    }
  });
}
