import { type BeforeApplicationShutdown, Inject, Injectable } from '@nestjs/common';
import { createEventListener, type EventListener } from '@fermata/database';
import type { Logger } from 'pino';
import { loggerToken } from '../common/tokens.js';
import { apiConfigToken, type ApiConfig } from '../config.js';

/** One listening connection for all subscriptions of this process, made when the first of them begins. */
@Injectable()
export class LazyEventListener implements BeforeApplicationShutdown {
  private listener: EventListener | null = null;

  constructor(
    @Inject(apiConfigToken) private readonly config: ApiConfig,
    @Inject(loggerToken) private readonly logger: Logger,
  ) {}

  get(): EventListener {
    this.listener ??= createEventListener({
      url: this.config.databaseUrl,
      onError: (error) =>
        this.logger.warn({ code: (error as { code?: unknown }).code }, 'event listener lost its connection'),
    });
    return this.listener;
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.listener?.close();
  }
}
