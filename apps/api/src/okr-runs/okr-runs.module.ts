import { Module } from '@nestjs/common';
import { EvidenceResolver, KeyResultResolver } from './key-result.resolver.js';
import { OkrRunResolver } from './okr-run.resolver.js';
import { OkrRunService } from './okr-run.service.js';

@Module({ providers: [OkrRunResolver, KeyResultResolver, EvidenceResolver, OkrRunService] })
export class OkrRunsModule {}
