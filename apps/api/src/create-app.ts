import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import type { Logger } from 'pino';
import { AppModule } from './app.module.js';
import { Authenticator } from './auth/authenticator.js';
import { requireTokens } from './auth/http-authentication.js';
import { nestLogger } from './common/logger.js';
import type { ApiConfig } from './config.js';

/** The whole API, connected to nothing yet: connections are made when they are needed. */
export async function createApp(config: ApiConfig, logger: Logger): Promise<NestFastifyApplication> {
  const adapter = new FastifyAdapter({ bodyLimit: config.maxBodyBytes, forceCloseConnections: 'idle' });
  const app = await NestFactory.create<NestFastifyApplication>(AppModule.with(config, logger), adapter, {
    logger: nestLogger(logger),
    abortOnError: false,
  });
  requireTokens(adapter.getInstance(), { authenticator: app.get(Authenticator), logger });
  return app;
}
