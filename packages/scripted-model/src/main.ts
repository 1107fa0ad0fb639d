import { parseArgs } from 'node:util';
import { isDomainError } from '@fermata/contracts';
import { loadScript } from './scripts/load-script.js';
import { startScriptedModel } from './server/start-scripted-model.js';

const usage = 'usage: main.js --script FILE [--port N] [--host HOST] [--log FILE]';

/**
 * Runs the server as a process of its own. Prints one line of JSON (its URLs and process id) when it listens, and ends
 * on SIGTERM or SIGINT. Exit codes: 0 ended by signal, 1 could not start, 2 wrong usage.
 */
async function main(args: string[]): Promise<void> {
  const { script, port, host, log } = readOptions(args);
  const server = await startScriptedModel({
    script: await loadScript(script),
    port,
    ...(host !== undefined && { host }),
    ...(log !== undefined && { logPath: log }),
  });
  const { url, anthropicBaseUrl, openaiBaseUrl, geminiBaseUrl } = server;
  const ready = { url, anthropicBaseUrl, openaiBaseUrl, geminiBaseUrl, pid: process.pid };
  process.stdout.write(`${JSON.stringify(ready)}\n`);
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => void server.close());
}

class UsageError extends Error {}

function readOptions(args: string[]) {
  const options = {
    script: { type: 'string' },
    port: { type: 'string', default: '0' },
    host: { type: 'string' },
    log: { type: 'string' },
  } as const;
  const { values } = parse(() => parseArgs({ args, options }));
  const { script, host, log } = values;
  if (script === undefined) throw new UsageError('--script is missing');
  const port = Number(values.port);
  if (!Number.isInteger(port) || port < 0 || port > 65_535) throw new UsageError(`--port ${values.port} is no port`);
  return { script, port, host, log };
}

function parse<Result>(read: () => Result): Result {
  try {
    return read();
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

main(process.argv.slice(2)).catch((error: unknown) => {
  const wrongUsage = error instanceof UsageError;
  const message = wrongUsage || isDomainError(error) ? error.message : String(error);
  process.stderr.write(`${message}\n${wrongUsage ? `${usage}\n` : ''}`);
  process.exitCode = wrongUsage ? 2 : 1;
});
