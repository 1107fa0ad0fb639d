import 'reflect-metadata';
import { isDomainError } from '@fermata/contracts';
import { createLogger } from './common/logger.js';
import { environmentOfProcess, readConfig } from './config.js';
import { createApp } from './create-app.js';

/** Listens until SIGTERM or SIGINT, and says where as one line of JSON on stdout. */
async function main(): Promise<void> {
  const config = readConfig(environmentOfProcess());
  const logger = createLogger(config.logLevel);
  const app = await createApp(config, logger);
  app.enableShutdownHooks(['SIGTERM', 'SIGINT'], { useProcessExit: true });
  await app.listen(config.port, config.host);
  if (config.endsWithStdin) endWithStdin();
  process.stdout.write(`${JSON.stringify({ ready: true, url: await app.getUrl() })}\n`);
}

/** Whoever started this process is gone: end as on SIGTERM. */
function endWithStdin(): void {
  process.stdin.resume();
  process.stdin.once('close', () => process.kill(process.pid, 'SIGTERM'));
}

main().catch((error: unknown) => {
  const logger = createLogger('error');
  if (isDomainError(error)) logger.fatal({ code: error.code, details: error.details }, error.message);
  else logger.fatal({ err: error }, 'the API did not start');
  process.exitCode = 1;
});
