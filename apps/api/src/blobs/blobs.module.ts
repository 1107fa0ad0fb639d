import { Module } from '@nestjs/common';
import { BlobResolver } from './blob.resolver.js';

@Module({ providers: [BlobResolver] })
export class BlobsModule {}
