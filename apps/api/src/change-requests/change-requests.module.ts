import { Module } from '@nestjs/common';
import { ChangeRequestResolver } from './change-request.resolver.js';

@Module({ providers: [ChangeRequestResolver] })
export class ChangeRequestsModule {}
