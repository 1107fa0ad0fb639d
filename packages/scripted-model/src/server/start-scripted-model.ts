import { createServer, type Server } from 'node:http';
import { DomainError } from '@fermata/contracts';
import type { LoggedRequest } from '../log/logged-request.js';
import { findRepeatedRequests, type RepeatedRequest } from '../log/repeated-requests.js';
import { createRequestLog, type RequestLog } from '../log/request-log.js';
import { parseScript } from '../scripts/load-script.js';
import type { Script } from '../scripts/script.js';
import { createScriptPlayer } from '../scripts/script-player.js';
import { handleRequest, type Serving } from './handle-request.js';
import { modelsOf } from './list-models.js';

export interface ScriptedModelOptions {
  script: Script;
  /** Default 0: any free port. */
  port?: number;
  /** Default `127.0.0.1`. */
  host?: string;
  /** A file to which the log is appended, one JSON object a line; see `readRequestLog`. */
  logPath?: string;
  /** False: logged requests have no body, for long runs of many agents. Default true. */
  keepBodies?: boolean;
}

export interface ScriptedModelServer {
  url: string;
  /** The `baseURL` of `@anthropic-ai/sdk`, `ANTHROPIC_BASE_URL`: without `/v1`. */
  anthropicBaseUrl: string;
  /** The `baseURL` of `openai`, `OPENAI_BASE_URL`: with `/v1`. */
  openaiBaseUrl: string;
  /** The `baseUrl` of `@google/genai`, `GOOGLE_GEMINI_BASE_URL`: without `/v1beta`. */
  geminiBaseUrl: string;
  /** All requests so far, in order. */
  requests(): LoggedRequest[];
  /** Why requests were refused that should not have been sent: no rule fits, or the provider would not take them. */
  failures(): string[];
  /** Names of the rules that have not fitted yet; empty for a script function. */
  unusedRules(): string[];
  /** Conversations that were answered more than once: see `findRepeatedRequests`. */
  repeatedRequests(): RepeatedRequest[];
  /** Forgets requests, failures and how often rules fitted; a log file keeps its lines. */
  reset(): void;
  /** Breaks off what is under way, and stops listening. May be called twice. */
  close(): Promise<void>;
}

/**
 * Starts a server that answers as the providers do, from a script.
 * @throws DomainError `invalid_input` when the script is not valid, `port_taken` when the port is in use,
 *   `data_directory_unusable` when the log cannot be written
 */
export async function startScriptedModel(options: ScriptedModelOptions): Promise<ScriptedModelServer> {
  const { host = '127.0.0.1', port = 0, keepBodies = true } = options;
  const script = typeof options.script === 'function' ? options.script : parseScript(options.script, 'given in memory');
  const player = createScriptPlayer(script);
  const log = createRequestLog(options.logPath);
  const view = viewLog(log);
  const report = () => ({ requests: log.requests().length, unusedRules: player.unusedRules(), ...view.summary() });
  const closing = new AbortController();
  const serving: Serving = { player, log, models: modelsOf(script), keepBodies, report, closing: closing.signal };
  const server = createServer((request, response) => {
    handleRequest(serving, request, response).catch(() => response.destroy());
  });
  const url = await listen(server, host, port).catch((error: unknown) => {
    log.close();
    throw error;
  });
  return {
    url,
    anthropicBaseUrl: url,
    openaiBaseUrl: `${url}/v1`,
    geminiBaseUrl: url,
    requests: () => log.requests(),
    failures: view.failures,
    unusedRules: () => player.unusedRules(),
    repeatedRequests: view.repeatedRequests,
    reset: () => {
      log.reset();
      player.reset();
    },
    close: async () => {
      closing.abort();
      await stop(server);
      log.close();
    },
  };
}

function viewLog(log: RequestLog) {
  const failures = () => log.requests().flatMap(({ failure }) => failure ?? []);
  const repeatedRequests = () => findRepeatedRequests(log.requests());
  const summary = () => ({
    failures: failures(),
    repeatedRequests: repeatedRequests().map(({ conversationDigest, requests }) => ({
      conversationDigest,
      requestIds: requests.map((request) => request.id),
    })),
  });
  return { failures, repeatedRequests, summary };
}

function listen(server: Server, host: string, port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      const code = cause.code === 'EADDRINUSE' ? 'port_taken' : 'unavailable';
      const message = `The scripted model cannot listen on ${host}:${port} (${cause.code}). Give a free port, or 0 for any.`;
      reject(new DomainError(code, message, { host, port }, { cause }));
    });
    server.listen(port, host, () => {
      const address = server.address();
      const bound = typeof address === 'object' && address ? address.port : port;
      resolve(`http://${host.includes(':') ? `[${host}]` : host}:${bound}`);
    });
  });
}

async function stop(server: Server): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeAllConnections();
  await closed;
}
