import { Injectable } from '@nestjs/common';
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';

/** What this process tells Prometheus. Labels come from the schema, never from what a caller wrote. */
@Injectable()
export class Metrics {
  readonly registry = new Registry();

  readonly requestDuration = new Histogram({
    name: 'fermata_api_request_duration_seconds',
    help: 'GraphQL operations, by type and root field.',
    labelNames: ['operation', 'outcome'] as const,
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60],
    registers: [this.registry],
  });

  readonly refusedRequests = new Counter({
    name: 'fermata_api_refused_requests_total',
    help: 'GraphQL requests that were refused before they ran, by error code.',
    labelNames: ['code'] as const,
    registers: [this.registry],
  });

  readonly openSubscriptions = new Gauge({
    name: 'fermata_api_open_subscriptions',
    help: 'Subscriptions that are being served.',
    registers: [this.registry],
  });

  constructor() {
    collectDefaultMetrics({ register: this.registry });
  }
}
