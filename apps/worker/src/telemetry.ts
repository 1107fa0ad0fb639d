import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BatchSpanProcessor, NoopSpanProcessor, type SpanProcessor } from '@opentelemetry/sdk-trace-base';
import { OpenTelemetryPlugin } from '@temporalio/interceptors-opentelemetry-v2';

export interface Telemetry {
  plugin: OpenTelemetryPlugin;
  shutdown(): Promise<void>;
}

/** Traces go to an OTLP endpoint where one is set, and nowhere otherwise. The workflow code is the same in both cases. */
export function createTelemetry(endpoint: string | undefined): Telemetry {
  const spanProcessor: SpanProcessor = endpoint
    ? new BatchSpanProcessor(new OTLPTraceExporter({ url: `${endpoint.replace(/\/$/, '')}/v1/traces` }))
    : new NoopSpanProcessor();
  const resource = resourceFromAttributes({ 'service.name': 'fermata-worker' });
  return { plugin: new OpenTelemetryPlugin({ resource, spanProcessor }), shutdown: () => spanProcessor.shutdown() };
}
