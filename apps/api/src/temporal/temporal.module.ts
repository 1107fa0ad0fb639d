import { Global, Module } from '@nestjs/common';
import { temporalClientToken } from '../common/tokens.js';
import { apiConfigToken } from '../config.js';
import { RepositoryInspector } from './repository-inspector.js';
import { RunMessenger } from './run-messenger.js';
import { createTemporalClient } from './temporal-client.js';

@Global()
@Module({
  providers: [
    { provide: temporalClientToken, inject: [apiConfigToken], useFactory: createTemporalClient },
    RunMessenger,
    RepositoryInspector,
  ],
  exports: [temporalClientToken, RunMessenger, RepositoryInspector],
})
export class TemporalModule {}
