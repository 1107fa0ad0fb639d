import { Inject, Injectable } from '@nestjs/common';
import { DomainError, isDomainError } from '@fermata/contracts';
import { createEventRepository, type EventRow, followEvents } from '@fermata/database';
import { unauthenticated } from '../auth/authenticator.js';
import { type Caller, found, type RequestContext } from '../common/caller.js';
import { decodeEventCursor } from '../common/cursor.js';
import { type Platform, platformToken } from '../common/platform.js';
import { endable } from './endable.js';
import { LazyEventListener } from './lazy-event-listener.js';

export interface StreamRequest {
  after?: string | null | undefined;
  okrRunId?: string | null | undefined;
}

/** How often a quiet stream looks whether its token still opens anything. */
const tokenCheckMs = 5_000;
const pageSize = 100;

/**
 * Live events. A stream holds one page in memory: whoever reads slowly is behind in the table, not in a buffer, and
 * whoever comes back with the last cursor misses nothing.
 */
@Injectable()
export class EventStream {
  private readonly openByToken = new Map<string, number>();

  constructor(
    @Inject(platformToken) private readonly platform: Platform,
    private readonly listener: LazyEventListener,
  ) {}

  /**
   * Events after the cursor, or from now on, until the reader leaves or its token is revoked.
   * @throws DomainError `not_found`, `invalid_input` (cursor), `conflict` (too many streams of one token)
   */
  async follow({ caller, load }: RequestContext, { after, okrRunId }: StreamRequest) {
    if (okrRunId != null) found(await load.okrRun(okrRunId), 'OKR run', okrRunId);
    const events = createEventRepository(this.platform.database, caller.workspaceId);
    const start = after == null ? await events.latestCursor() : decodeEventCursor(after);
    const stop = new AbortController();
    const release = this.admit(caller);
    const pages = followEvents({
      events,
      listener: this.listener.get(),
      workspaceId: caller.workspaceId,
      after: start,
      signal: stop.signal,
      pageSize,
      pollMs: tokenCheckMs,
      ...(okrRunId != null && { filter: { okrRunId } }),
    });
    return endable(this.guarded(caller, pages, stop), () => {
      stop.abort();
      release();
    });
  }

  private async *guarded(
    caller: Caller,
    pages: AsyncIterable<EventRow[]>,
    stop: AbortController,
  ): AsyncGenerator<EventRow, void, undefined> {
    const watch = setInterval(() => void this.endWhenRevoked(caller, stop), tokenCheckMs);
    try {
      for await (const page of pages) {
        if (!(await this.platform.authenticator.stillValid(caller))) throw unauthenticated();
        yield* page;
      }
      if (isDomainError(stop.signal.reason)) throw stop.signal.reason;
    } finally {
      clearInterval(watch);
    }
  }

  private async endWhenRevoked(caller: Caller, stop: AbortController): Promise<void> {
    // A database that is away says nothing about the token: the stream waits for it.
    const valid = await this.platform.authenticator.stillValid(caller).catch(() => true);
    if (!valid) stop.abort(unauthenticated());
  }

  private admit({ tokenId }: Caller): () => void {
    const open = this.openByToken.get(tokenId) ?? 0;
    const { maxSubscriptions } = this.platform.config;
    if (open >= maxSubscriptions) {
      const message = `your token has ${open} subscriptions open and may have ${maxSubscriptions}; end one first`;
      throw new DomainError('conflict', message, { open, maxSubscriptions });
    }
    this.openByToken.set(tokenId, open + 1);
    this.platform.metrics.openSubscriptions.inc();
    return () => {
      const left = (this.openByToken.get(tokenId) ?? 1) - 1;
      if (left > 0) this.openByToken.set(tokenId, left);
      else this.openByToken.delete(tokenId);
      this.platform.metrics.openSubscriptions.dec();
    };
  }
}
