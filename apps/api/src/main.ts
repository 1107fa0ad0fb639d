import 'reflect-metadata';
import { isDomainError } from '@fermata/contracts';
import { createLogger } from './common/logger.js';
import { environmentOfProcess, readConfig } from './config.js';
import { createApp } from './create-app.js';
import { endWithStdin } from './end-with-stdin.js';

/** What the supervisor gives it too, before it kills. */
const patienceMs = 15_000;

/** Listens until SIGTERM or SIGINT, and says where as one line of JSON on stdout. */
async function main(): Promise<void> {
  const config = readConfig(environmentOfProcess());
  // First, so that one that hangs while it starts does not stay behind either.
  if (config.endsWithStdin) endWithStdin(patienceMs);
  const logger = createLogger(config.logLevel);
  const app = await createApp(config, logger);
  app.enableShutdownHooks(['SIGTERM', 'SIGINT'], { useProcessExit: true });
  await app.listen(config.port, config.host);
  process.stdout.write(`${JSON.stringify({ ready: true, url: await app.getUrl() })}\n`);
}

main().catch((error: unknown) => {
  const logger = createLogger('error');
  if (isDomainError(error)) logger.fatal({ code: error.code, details: error.details }, error.message);
  else logger.fatal({ err: error }, 'the API did not start');
  process.exitCode = 1;
});
