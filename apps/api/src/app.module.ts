import { type DynamicModule, Module } from '@nestjs/common';
import { GraphQLModule } from '@nestjs/graphql';
import { MercuriusDriver, type MercuriusDriverConfig } from '@nestjs/mercurius';
import type { Logger } from 'pino';
import { AgentRunsModule } from './agent-runs/agent-runs.module.js';
import { AgentsModule } from './agents/agents.module.js';
import { ApprovalsModule } from './approvals/approvals.module.js';
import { AuditModule } from './audit/audit.module.js';
import { BlobsModule } from './blobs/blobs.module.js';
import { BudgetsModule } from './budgets/budgets.module.js';
import { ChangeRequestsModule } from './change-requests/change-requests.module.js';
import { platformToken } from './common/platform.js';
import type { ApiConfig } from './config.js';
import { EventsModule } from './events/events.module.js';
import { graphqlOptions } from './graphql/graphql-options.js';
import { GraphqlSocket } from './graphql/graphql-socket.js';
import { HealthModule } from './health/health.module.js';
import { OkrRunsModule } from './okr-runs/okr-runs.module.js';
import { PlatformModule } from './platform.module.js';
import { RepositoriesModule } from './repositories/repositories.module.js';
import { SecretsModule } from './secrets/secrets.module.js';
import { StatusModule } from './status/status.module.js';
import { TasksModule } from './tasks/tasks.module.js';

const features = [
  ...[OkrRunsModule, TasksModule, AgentRunsModule, ApprovalsModule, ChangeRequestsModule, RepositoriesModule],
  ...[AgentsModule, BudgetsModule, BlobsModule, EventsModule, AuditModule, StatusModule, SecretsModule],
];

@Module({})
export class AppModule {
  static with(config: ApiConfig, logger: Logger): DynamicModule {
    const graphql = GraphQLModule.forRootAsync<MercuriusDriverConfig>({
      driver: MercuriusDriver,
      inject: [platformToken],
      useFactory: graphqlOptions,
    });
    return {
      module: AppModule,
      imports: [PlatformModule.with(config, logger), graphql, HealthModule, ...features],
      providers: [GraphqlSocket],
    };
  }
}
