import { randomUUID } from 'node:crypto';
import { type ErrorCode, errorTraits, isDomainError } from '@fermata/contracts';
import { GraphQLError, type GraphQLFormattedError } from 'graphql';
import type { Logger } from 'pino';

/**
 * The one translation of errors for callers: what we mean to say carries its code and details; a request that GraphQL
 * itself refuses is `invalid_input`; everything else is `internal`, with a reference that is also in the log.
 */
export function formatErrors(errors: readonly unknown[], logger: Logger): GraphQLFormattedError[] {
  return errors.flatMap(unfold).map((error) => formatError(error, logger));
}

/** The code of an error that has been translated. */
export function codeOf(error: GraphQLFormattedError | undefined): ErrorCode | undefined {
  return error?.extensions?.['code'] as ErrorCode | undefined;
}

/** Mercurius wraps all that is wrong with one request into one error, which has the status. */
function unfold(error: unknown): unknown[] {
  const wrapper = (error instanceof GraphQLError ? error.originalError : error) as { errors?: unknown } | undefined;
  if (!Array.isArray(wrapper?.errors)) return [error];
  const { errors, statusCode } = wrapper as { errors: unknown[]; statusCode?: number };
  return errors.map((inner) => (inner instanceof GraphQLError ? inner : { statusCode, message: messageOf(inner) }));
}

const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error));

function formatError(error: unknown, logger: Logger): GraphQLFormattedError {
  const { cause, place } = causeAndPlace(error);
  if (isDomainError(cause) && errorTraits[cause.code].expose) {
    const { code, message, details } = cause;
    logger[errorTraits[code].log]({ code, path: place.path }, 'request refused');
    return { message, ...place, extensions: { code, ...(Object.keys(details).length > 0 && { details }) } };
  }
  if (isRefusedByGraphql(error, cause)) {
    const { message } = (error instanceof GraphQLError ? error : cause) as { message: string };
    return { message, ...place, extensions: { code: 'invalid_input' satisfies ErrorCode } };
  }
  const reference = randomUUID();
  logger.error({ reference, path: place.path, err: cause }, 'request failed');
  return {
    message: `something went wrong on our side; the log has it under ${reference}`,
    ...place,
    extensions: { code: 'internal' satisfies ErrorCode, reference },
  };
}

type Place = Pick<GraphQLFormattedError, 'path' | 'locations'>;

function causeAndPlace(error: unknown): { cause: unknown; place: Place } {
  if (!(error instanceof GraphQLError)) return { cause: error, place: {} };
  const { path, locations } = error;
  const place = { ...(path && { path }), ...(locations && { locations }) };
  return { cause: error.originalError ?? error, place };
}

/**
 * Parsing, validation and variables are checked before anything runs, so such errors have no path, nor has what a scalar
 * says within them; Fastify's own refusals (size, media type, no JSON) carry a status of the caller's fault.
 */
function isRefusedByGraphql(error: unknown, cause: unknown): boolean {
  if (cause instanceof GraphQLError) return (error as GraphQLError).path === undefined && cause.path === undefined;
  const status = (cause as { statusCode?: unknown } | null)?.statusCode;
  return typeof status === 'number' && status >= 400 && status < 500;
}
