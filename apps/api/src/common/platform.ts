import type { Database } from '@fermata/database';
import type { Client } from '@temporalio/client';
import type { Logger } from 'pino';
import type { Authenticator } from '../auth/authenticator.js';
import type { ApiConfig } from '../config.js';
import type { Metrics } from '../metrics/metrics.js';

/** What every feature stands on. */
export interface Platform {
  config: ApiConfig;
  logger: Logger;
  database: Database;
  temporal: Client;
  authenticator: Authenticator;
  metrics: Metrics;
}

/** The injection token of the whole. */
export const platformToken = Symbol('Platform');
