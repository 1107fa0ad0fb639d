import { Module } from '@nestjs/common';
import { AgentRunResolver } from './agent-run.resolver.js';
import { StepResolver } from './step.resolver.js';

@Module({ providers: [AgentRunResolver, StepResolver] })
export class AgentRunsModule {}
