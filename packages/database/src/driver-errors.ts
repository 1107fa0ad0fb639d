import { DomainError, type ErrorCode, isDomainError } from '@fermata/contracts';
import pg from 'pg';
import { Prisma } from './generated/client.js';

/** Prisma's codes: cannot reach, timed out, connection closed, no connection to be had, transaction not to be had. */
const unavailableCodes = new Set(['P1001', 'P1002', 'P1008', 'P1017', 'P2024', 'P2028', 'P2037']);

/** https://www.postgresql.org/docs/current/errcodes-appendix.html */
const serverCodes: readonly { pattern: RegExp; code: ErrorCode; message: string }[] = [
  { pattern: /^40(001|P01)$/, code: 'lock_contention', message: 'The change lost against another one.' },
  { pattern: /^(57014|55P03|25P03)$/, code: 'timeout', message: 'The database did not answer in time.' },
  { pattern: /^53100$/, code: 'disk_full', message: "The database's disk is full: make room." },
  { pattern: /^(08|53|57P)/, code: 'unavailable', message: 'The database cannot be used at the moment.' },
];

/**
 * What the driver or Prisma threw, as a DomainError where the fault passes by itself, so that it is tried again. What
 * a caller did wrong (a broken constraint, an unknown column) is a defect and stays as it is.
 */
export function translateDriverError(error: unknown): unknown {
  if (isDomainError(error) || !(error instanceof Error)) return error;
  const server = serverCodeOf(error);
  const known = serverCodes.find(({ pattern }) => pattern.test(server));
  if (known) return new DomainError(known.code, known.message, { server }, { cause: error });
  if (!isLostConnection(error)) return error;
  return new DomainError('unavailable', 'The connection to the database was lost.', {}, { cause: error });
}

/** True for a transaction that was undone by a deadlock or a serialization failure, and may be run again. */
export function lostAgainstAnother(error: unknown): boolean {
  return isDomainError(error) && error.code === 'lock_contention' && error.cause instanceof Error;
}

/** SQLSTATE, or an empty text when the server had no part in it. */
function serverCodeOf(error: Error): string {
  if (error instanceof pg.DatabaseError) return error.code ?? '';
  if (!(error instanceof Prisma.PrismaClientKnownRequestError)) return '';
  if (error.code === 'P2034') return '40001';
  const adapterError = error.meta?.driverAdapterError as { cause?: { originalCode?: unknown } } | undefined;
  const code = adapterError?.cause?.originalCode;
  return typeof code === 'string' ? code : '';
}

/**
 * pg reports a connection that is gone by a plain Error, and one that no address of the host took by an AggregateError.
 * Nothing else throws such a one down here.
 */
function isLostConnection(error: Error): boolean {
  if (error instanceof Prisma.PrismaClientKnownRequestError) return unavailableCodes.has(error.code);
  if (error instanceof AggregateError || error instanceof Prisma.PrismaClientInitializationError) return true;
  return error.constructor === Error;
}
