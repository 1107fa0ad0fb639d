import { Global, Module } from '@nestjs/common';
import type { Client } from '@temporalio/client';
import { temporalClientToken } from '../common/tokens.js';
import { apiConfigToken } from '../config.js';
import { PolicyTester } from './policy-tester.js';
import { RepositoryInspector } from './repository-inspector.js';
import { RunMessenger } from './run-messenger.js';
import { createTemporalClient } from './temporal-client.js';

/** Less than the minute after which proxies give a request up. */
const inspectionPatienceMs = 50_000;

@Global()
@Module({
  providers: [
    { provide: temporalClientToken, inject: [apiConfigToken], useFactory: createTemporalClient },
    RunMessenger,
    PolicyTester,
    {
      provide: RepositoryInspector,
      inject: [temporalClientToken],
      useFactory: (temporal: Client) => new RepositoryInspector(temporal, inspectionPatienceMs),
    },
  ],
  exports: [temporalClientToken, RunMessenger, RepositoryInspector, PolicyTester],
})
export class TemporalModule {}
