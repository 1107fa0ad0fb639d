import { type DynamicModule, Inject, Injectable, Module, type OnApplicationShutdown } from '@nestjs/common';
import { createDatabase, type Database } from '@fermata/database';
import type { Client } from '@temporalio/client';
import type { Logger } from 'pino';
import { Authenticator } from './auth/authenticator.js';
import { readCatalogue } from './common/catalogue.js';
import { type Platform, platformToken } from './common/platform.js';
import { catalogueToken, databaseToken, loggerToken, temporalClientToken } from './common/tokens.js';
import { apiConfigToken, type ApiConfig } from './config.js';
import { MetricsController } from './metrics/metrics.controller.js';
import { Metrics } from './metrics/metrics.js';
import { TemporalModule } from './temporal/temporal.module.js';

/** What is open is closed last: requests under way still need it. */
@Injectable()
class Connections implements OnApplicationShutdown {
  constructor(
    @Inject(databaseToken) private readonly database: Database,
    @Inject(temporalClientToken) private readonly temporal: Client,
  ) {}

  async onApplicationShutdown(): Promise<void> {
    await this.database.close();
    await this.temporal.connection.close();
  }
}

const platformParts = [apiConfigToken, loggerToken, databaseToken, temporalClientToken, Authenticator, Metrics];
type PlatformParts = [ApiConfig, Logger, Database, Client, Authenticator, Metrics];

function assemblePlatform(...[config, logger, database, temporal, authenticator, metrics]: PlatformParts): Platform {
  return { config, logger, database, temporal, authenticator, metrics };
}

const openDatabase = ({ databaseUrl, poolSize }: ApiConfig) => createDatabase({ url: databaseUrl, poolSize });

/** What every feature stands on: configuration, log, database, Temporal, authentication, metrics. */
@Module({})
export class PlatformModule {
  static with(config: ApiConfig, logger: Logger): DynamicModule {
    return {
      module: PlatformModule,
      global: true,
      imports: [TemporalModule],
      controllers: [MetricsController],
      providers: [
        { provide: apiConfigToken, useValue: config },
        { provide: loggerToken, useValue: logger },
        { provide: catalogueToken, useValue: readCatalogue(config.modelsFile) },
        { provide: databaseToken, inject: [apiConfigToken], useFactory: openDatabase },
        Authenticator,
        Connections,
        Metrics,
        { provide: platformToken, inject: platformParts, useFactory: assemblePlatform },
      ],
      exports: [platformToken, apiConfigToken, loggerToken, databaseToken, catalogueToken, Authenticator, Metrics],
    };
  }
}
