import type { LoggerService } from '@nestjs/common';
import { destination, type Logger, pino } from 'pino';

/** JSON on stderr: stdout has one line, for whoever started the process. */
export function createLogger(level: string): Logger {
  return pino({ level, base: { app: 'api' } }, destination({ fd: 2, sync: true }));
}

/** What Nest itself has to say, as ours. Its account of its own start is detail. */
export function nestLogger(logger: Logger): LoggerService {
  const at =
    (level: 'debug' | 'warn' | 'error') =>
    (message: unknown, ...rest: unknown[]) =>
      logger[level]({ message, context: rest.at(-1) }, 'nest');
  return {
    log: at('debug'),
    verbose: at('debug'),
    debug: at('debug'),
    warn: at('warn'),
    error: at('error'),
    fatal: at('error'),
  };
}
