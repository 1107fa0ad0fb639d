import { Module } from '@nestjs/common';
import { AgentResolver } from './agent.resolver.js';
import { AgentService } from './agent.service.js';

@Module({ providers: [AgentResolver, AgentService] })
export class AgentsModule {}
