import { Module } from '@nestjs/common';
import { ApprovalResolver } from './approval.resolver.js';
import { ApprovalService } from './approval.service.js';

@Module({ providers: [ApprovalResolver, ApprovalService] })
export class ApprovalsModule {}
