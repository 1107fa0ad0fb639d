import { Module } from '@nestjs/common';
import { openKeyRing } from '@fermata/database';
import { keyRingToken } from '../common/tokens.js';
import { type ApiConfig, apiConfigToken } from '../config.js';
import { SecretResolver } from './secret.resolver.js';
import { SecretService } from './secret.service.js';

const openKeys = ({ secretKeys = {} }: ApiConfig) => openKeyRing(secretKeys);

@Module({
  providers: [SecretResolver, SecretService, { provide: keyRingToken, inject: [apiConfigToken], useFactory: openKeys }],
})
export class SecretsModule {}
