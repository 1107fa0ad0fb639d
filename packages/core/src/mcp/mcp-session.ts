import { firstWords } from '@fermata/contracts/redaction';
import {
  type CallToolResult,
  Client,
  ProtocolError,
  SdkError,
  SdkErrorCode,
  SdkHttpError,
  type Tool,
} from '@modelcontextprotocol/client';
import { DomainError, type JsonObject } from '@fermata/contracts';
import { concealValues } from './conceal-values.js';
import type { ServerTransport } from './server-transport.js';

export type ListedTool = Tool;

export interface AskOptions {
  signal: AbortSignal;
  timeoutMs: number;
}

export interface ServerToOpen {
  name: string;
  transport: ServerTransport;
  /** Left out of everything that is told of it. */
  secrets: readonly string[];
}

/** Pages of a list of tools; of tools, far fewer are offered. */
const maxPages = 20;
const toldCharacters = 500;

/**
 * A server at work. One that hangs, floods, breaks off or is cancelled is ended, as nobody knows what it is at: whoever needs it
 * again opens it anew.
 */
export class McpSession {
  private isOpen = true;
  /** Resolves when its process or connection is gone. */
  readonly ended: Promise<void>;

  private constructor(
    readonly name: string,
    private readonly client: Client,
    private readonly server: ServerToOpen,
  ) {
    this.ended = new Promise((resolve) => {
      client.onclose = () => {
        this.isOpen = false;
        resolve();
      };
    });
  }

  /** @throws DomainError `tool_failed` or `timeout`, naming the server and why; the reason of `signal` */
  static async open(server: ServerToOpen, options: AskOptions): Promise<McpSession> {
    const client = new Client({ name: 'fermata', version: '1' }, { capabilities: {}, listMaxPages: maxPages });
    const session = new McpSession(server.name, client, server);
    await session.ask(options, (asked) => client.connect(server.transport, asked));
    return session;
  }

  /** False once its process or connection is gone. */
  get isUsable(): boolean {
    return this.isOpen;
  }

  async listTools(options: AskOptions): Promise<ListedTool[]> {
    if (this.client.getServerCapabilities()?.tools === undefined) return [];
    const { tools } = await this.ask(options, (asked) => this.client.listTools(undefined, asked));
    return tools;
  }

  /** Not by the SDK's own `callTool`, which compiles the schema of a stranger to check what is only shown to a model. */
  callTool(call: { tool: string; input: JsonObject }, options: AskOptions): Promise<CallToolResult> {
    const params = { name: call.tool, arguments: call.input };
    return this.ask(
      options,
      (asked) => this.client.request({ method: 'tools/call', params }, asked),
      ' The call may have been carried out all the same: look before you repeat it.',
    );
  }

  /** Resolves when nothing of it runs any more; harmless to repeat. */
  async close(): Promise<void> {
    this.isOpen = false;
    // A connection that cannot be closed in order is broken already.
    await this.client.close().catch(() => undefined);
    await this.server.transport.close().catch(() => undefined);
  }

  private async ask<T>(
    { signal, timeoutMs }: AskOptions,
    work: (asked: { signal: AbortSignal; timeout: number; maxTotalTimeout: number }) => Promise<T>,
    hint = '',
  ): Promise<T> {
    signal.throwIfAborted();
    try {
      return await work({ signal, timeout: timeoutMs, maxTotalTimeout: timeoutMs });
    } catch (error) {
      // An answer that says no is an answer.
      if (!(error instanceof ProtocolError)) await this.close();
      signal.throwIfAborted();
      throw this.explained(error, { timeoutMs, hint: error instanceof ProtocolError ? '' : hint });
    }
  }

  private explained(error: unknown, { timeoutMs, hint }: { timeoutMs: number; hint: string }): DomainError {
    const isLate = error instanceof SdkError && error.code === SdkErrorCode.RequestTimeout;
    const late = `did not answer within ${timeoutMs / 1_000} s, and was ended`;
    const known = error instanceof ProtocolError ? null : this.server.transport.failure();
    const words = isLate ? late + this.nonsense() : (known ?? saidBy(error));
    const message = `The MCP server ${this.name} ${firstWords(words, 2 * toldCharacters)}.${hint}`;
    const code = isLate ? 'timeout' : 'tool_failed';
    return new DomainError(code, concealValues(message, this.server.secrets), { server: this.name });
  }

  /** What is known besides of one that kept silent. */
  private nonsense(): string {
    const known = this.server.transport.failure();
    return known?.startsWith('printed') ? `; it ${known}` : '';
  }
}

function saidBy(error: unknown): string {
  const text = firstWords(error instanceof Error ? error.message : String(error), toldCharacters);
  if (error instanceof SdkHttpError && error.status >= 300 && error.status < 400)
    return `redirects to another address (HTTP ${error.status}), which is not followed: configure that one`;
  if (error instanceof SdkHttpError) return `answered with HTTP ${error.status}: ${text}`;
  if (error instanceof ProtocolError) return `refused: ${text}`;
  const cause = error instanceof Error && error.cause instanceof Error ? ` (${error.cause.message})` : '';
  return `failed: ${text}${cause}`;
}
