import type { MercuriusDriverConfig } from '@nestjs/mercurius';
import { isDomainError } from '@fermata/contracts';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { GraphQLError } from 'graphql';
import { callerOf } from '../auth/http-authentication.js';
import { codeOf, formatErrors } from '../common/graphql-error.js';
import { refuseTooComplex } from '../common/query-limits.js';
import type { Platform } from '../common/platform.js';
import { createRequestContext } from '../common/request-context.js';
import { operationLabel } from '../metrics/operation-label.js';

/** A document of more tokens than this is not even parsed. Strings count one, however long they are. */
export const maxTokens = 10_000;

const timers = new WeakMap<object, (labels: { outcome: string }) => void>();

/** GraphQL over HTTP. Subscriptions have a server of their own: see `graphql-socket.ts`. */
export function graphqlOptions({ config, database, logger, metrics }: Platform): MercuriusDriverConfig {
  return {
    path: '/graphql',
    autoSchemaFile: true,
    sortSchema: true,
    subscription: false,
    graphiql: false,
    graphql: { parseOptions: { maxTokens } },
    context: (request: FastifyRequest) => ({ ...createRequestContext(database, callerOf(request)) }),
    hooks: {
      preExecution: (...[schema, document, context, variables]) => {
        refuseTooComplex({ schema, document, variables }, config);
        timers.set(context, metrics.requestDuration.startTimer({ operation: operationLabel(schema, document) }));
      },
      onResolution: ({ errors }, context) => {
        timers.get(context)?.({ outcome: errors?.length ? 'error' : 'ok' });
      },
    },
    errorFormatter: ({ data, errors = [] }) => ({
      statusCode: 200,
      response: { data: data ?? null, errors: formatErrors(errors, logger) as unknown as GraphQLError[] },
    }),
    errorHandler: async (error: unknown, _request: FastifyRequest, reply: FastifyReply) => {
      const errors = formatErrors([error], logger);
      metrics.refusedRequests.inc({ code: codeOf(errors[0]) ?? 'internal' });
      return reply.code(statusOf(error, codeOf(errors[0]))).send({ data: null, errors });
    },
  };
}

/** Requests that were refused before they ran. */
function statusOf(error: unknown, code: string | undefined): number {
  if (code === 'internal') return 500;
  if (isDomainError(error)) return 400;
  const status = (error as { statusCode?: unknown } | null)?.statusCode;
  return typeof status === 'number' && status >= 400 && status < 500 ? status : 400;
}
