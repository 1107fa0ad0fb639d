import type pg from 'pg';
import { translateDriverError } from './driver-errors.js';

/**
 * A statement that a connection reads and plans once and from then on knows by its name. It takes a tenth of what Prisma
 * takes (`npm run bench`), so what every turn of an agent asks is written as one; everything else is asked by Prisma.
 *
 * It names its columns: a plan that is kept must not change its result when a migration adds one.
 */
export interface PreparedStatement {
  /** One text for each name: a connection refuses the second. */
  name: string;
  text: string;
}

/** Runs a statement outside any transaction, and answers its rows as `pg` reads them: BIGINT as text, JSON as its value. */
export type AskPrepared = <Row>(statement: PreparedStatement, values: readonly unknown[]) => Promise<Row[]>;

/** @throws DomainError as `translateDriverError` */
export function createAskPrepared(pool: pg.Pool): AskPrepared {
  return async <Row>({ name, text }: PreparedStatement, values: readonly unknown[]) => {
    try {
      return (await pool.query({ name, text, values: [...values] })).rows as Row[];
    } catch (error) {
      throw translateDriverError(error);
    }
  };
}
