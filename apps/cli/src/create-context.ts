import type { Context } from './context.js';
import { type Api, createApi } from './graphql/api.js';
import { findServer } from './graphql/find-server.js';
import { createStyle } from './rendering/style.js';
import type { Surroundings } from './run-cli.js';

const plainWidth = 80;
const leastWidth = 40;

export function createContext(
  { config, cwd, stdin, stdout, stderr }: Surroundings,
  { json }: { json: boolean },
): Context {
  let api: Promise<Api> | undefined;
  let interrupted: AbortController | undefined;
  const tell = (line: string): void => void stderr.write(`${line}\n`);
  return {
    ...{ config, cwd, stdin, stdout, stderr, json },
    style: createStyle(stdout.isTTY === true && config.colours),
    width: Math.max(leastWidth, stdout.isTTY === true ? (stdout.columns ?? plainWidth) : plainWidth),
    now: () => new Date(),
    api: () => (api ??= findServer(config).then((server) => createApi(server, { say: tell }))),
    say: (line) => void (json ? stderr : stdout).write(`${line}\n`),
    warn: (line) => tell(`warning: ${line}`),
    interruptible: () => (interrupted ??= listenForInterrupts()).signal,
  };
}

/** The first signal asks for an orderly end, the second ends at once. */
function listenForInterrupts(): AbortController {
  const controller = new AbortController();
  const onSignal = (signal: NodeJS.Signals) => {
    if (controller.signal.aborted) process.exit(signal === 'SIGINT' ? 130 : 143);
    controller.abort();
  };
  process.on('SIGINT', onSignal).on('SIGTERM', onSignal);
  return controller;
}
