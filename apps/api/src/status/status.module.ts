import { Module } from '@nestjs/common';
import { NodeResolver } from '../common/node.resolver.js';
import { StatusResolver } from './status.resolver.js';

@Module({ providers: [StatusResolver, NodeResolver] })
export class StatusModule {}
