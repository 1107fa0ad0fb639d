import { Module } from '@nestjs/common';
import { SecretsModule } from '../secrets/secrets.module.js';
import { GoalCheck } from './goal-check.js';
import { EvidenceResolver, KeyResultResolver } from './key-result.resolver.js';
import { OkrRunResolver } from './okr-run.resolver.js';
import { OkrRunService } from './okr-run.service.js';

@Module({
  imports: [SecretsModule],
  providers: [OkrRunResolver, KeyResultResolver, EvidenceResolver, OkrRunService, GoalCheck],
})
export class OkrRunsModule {}
