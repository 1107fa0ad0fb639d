import type { Transport } from '@modelcontextprotocol/client';

/** A connection to a server, that can say why it broke. */
export interface ServerTransport extends Transport {
  /** In words that follow "The MCP server x"; null while nothing is wrong. */
  failure(): string | null;
}

/** Of one answer, whatever comes with it. A server that sends more is ended: it must not fill our memory. */
export const maxAnswerBytes = 8 * 1024 * 1024;

export const flooded = `sent more than ${maxAnswerBytes / 1024 / 1024} MiB at once, and was ended`;
