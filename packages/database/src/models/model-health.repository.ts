import type { CircuitLimits, ModelFailure, ModelUnavailable, UpstreamRef } from '@fermata/contracts';
import type { Database } from '../client.js';
import { retryWhenLost } from '../in-transaction.js';
import type { PreparedStatement } from '../prepared-statement.js';

/** The functions of prisma/migrations/20261127040000_model_routing. Whether a call may go out is asked where it begins. */
const statements = {
  failed: {
    name: 'record_model_failure',
    text: 'SELECT record_model_failure($1, $2::jsonb, $3::jsonb, $4::jsonb)',
  },
  succeeded: { name: 'record_model_success', text: 'SELECT record_model_success($1, $2::jsonb)' },
} as const satisfies Record<string, PreparedStatement>;

/** What SQL answers for a call that its provider cannot take now. */
export type Unavailable = { outcome: 'unavailable' } & ModelUnavailable;

export function unavailableOf({ circuit, until, inMs, reason }: Unavailable): ModelUnavailable {
  return { circuit, until, inMs, reason };
}

export type ModelHealthRepository = ReturnType<typeof createModelHealthRepository>;

/** What calls tell each other of the providers they share. The rows are the installation's, not a workspace's. */
export function createModelHealthRepository(database: Database, workspaceId: string) {
  return {
    /** A call of this workspace was not answered. */
    async failed(upstream: UpstreamRef, failure: ModelFailure, limits: CircuitLimits): Promise<void> {
      const values = [workspaceId, ...[upstream, failure, limits].map((each) => JSON.stringify(each))];
      await retryWhenLost(() => database.ask(statements.failed, values));
    },

    /** A call to a provider that was not well was answered. */
    async succeeded(upstream: UpstreamRef): Promise<void> {
      await retryWhenLost(() => database.ask(statements.succeeded, [workspaceId, JSON.stringify(upstream)]));
    },
  };
}
