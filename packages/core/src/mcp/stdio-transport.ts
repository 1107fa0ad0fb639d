import { firstWords, lastWords } from '@fermata/contracts/redaction';
import { deserializeMessage, type JSONRPCMessage, serializeMessage } from '@modelcontextprotocol/client';
import { isDomainError } from '@fermata/contracts';
import {
  exceededWords,
  ProcessInput,
  type ProcessOptions,
  type ProcessResult,
  runProcess,
} from '../processes/index.js';
import { flooded, maxAnswerBytes, type ServerTransport } from './server-transport.js';

export type StdioOptions = Omit<ProcessOptions, 'input' | 'stdin' | 'signal' | 'onStdout' | 'onOutput'>;

/** Of what it prints besides, the end of which is told when it fails. */
const outputCapBytes = 64 * 1024;
const toldCharacters = 500;

/**
 * A server that is a program: messages are lines of its standard streams. It is started as any program of an agent, so
 * with its whole group it ends when this is closed. The SDK's own transport would start it beside sandbox and process host.
 */
export class StdioTransport implements ServerTransport {
  onclose?: () => void;
  onerror?: (error: Error) => void;
  onmessage?: (message: JSONRPCMessage) => void;
  private readonly input = new ProcessInput();
  private readonly ending = new AbortController();
  private ended: Promise<void> = Promise.resolve();
  private line = '';
  private heardBytes = 0;
  private broken: string | null = null;
  private nonsense: string | null = null;

  constructor(private readonly options: StdioOptions) {}

  start(): Promise<void> {
    const { input, ending } = this;
    const onStdout = (chunk: string): void => this.hear(chunk);
    this.ended = runProcess({ ...this.options, outputCapBytes, input, signal: ending.signal, onStdout }).then(
      (result) => this.finish(endingOf(result)),
      (error: unknown) => this.finish(startFailure(error)),
    );
    return Promise.resolve();
  }

  send(message: JSONRPCMessage): Promise<void> {
    this.heardBytes = 0;
    this.input.write(serializeMessage(message));
    return Promise.resolve();
  }

  /** Resolves when nothing of it runs any more. */
  async close(): Promise<void> {
    this.input.end();
    this.ending.abort();
    await this.ended;
  }

  failure(): string | null {
    if (this.broken !== null) return this.broken;
    return this.nonsense === null ? null : `printed what is no message of the protocol: ${this.nonsense}`;
  }

  private hear(chunk: string): void {
    if (this.ending.signal.aborted) return;
    this.heardBytes += Buffer.byteLength(chunk);
    if (this.heardBytes > maxAnswerBytes) return this.flood();
    const [first = '', ...others] = chunk.split('\n');
    this.line += first;
    for (const next of others) {
      this.take(this.line);
      this.line = next;
    }
  }

  private flood(): void {
    this.broken = flooded;
    this.line = '';
    this.ending.abort();
  }

  private take(line: string): void {
    if (line.trim() === '') return;
    let message: JSONRPCMessage;
    try {
      message = deserializeMessage(line);
    } catch (error) {
      // Many print a greeting: it is worth a word only when nothing else comes.
      this.nonsense ??= firstWords(line, toldCharacters);
      this.onerror?.(error as Error);
      return;
    }
    this.onmessage?.(message);
  }

  private finish(how: string): void {
    // That we have ended it is no news.
    if (!this.ending.signal.aborted) this.broken ??= how;
    this.onclose?.();
  }
}

function endingOf({ exitCode, signal, stderr, exceeded }: ProcessResult): string {
  const how = exceeded === undefined ? `exit code ${exitCode ?? signal}` : exceededWords(exceeded);
  const said = lastWords(stderr.trim(), toldCharacters);
  return `has ended (${how})${said === '' ? '' : `: ${said}`}`;
}

function startFailure(error: unknown): string {
  return `could not be started: ${isDomainError(error) ? error.message : String(error)}`;
}
