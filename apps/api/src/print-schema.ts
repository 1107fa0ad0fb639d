import 'reflect-metadata';
import { GraphQLSchemaHost } from '@nestjs/graphql';
import { lexicographicSortSchema, printSchema } from 'graphql';
import { createLogger } from './common/logger.js';
import { readConfig } from './config.js';
import { createApp } from './create-app.js';

/** The schema of the running code, as `apps/api/schema.graphql` has it. Nothing is connected to. */
export async function printApiSchema(): Promise<string> {
  const nowhere = { DATABASE_URL: 'postgresql://nowhere/nothing', TEMPORAL_ADDRESS: '127.0.0.1:1' };
  const app = await createApp(readConfig(nowhere), createLogger('silent'));
  try {
    await app.init();
    return `${printSchema(lexicographicSortSchema(app.get(GraphQLSchemaHost).schema))}\n`;
  } finally {
    await app.close();
  }
}

if (import.meta.filename === process.argv[1]) process.stdout.write(await printApiSchema());
