import type { IncomingMessage } from 'node:http';
import type { ClientReply } from './client-reply.js';
import type { GatewayContext } from './open-call.js';

/** A request as it has come in. */
export interface Incoming {
  context: GatewayContext;
  request: IncomingMessage;
  reply: ClientReply;
  callId: string;
  url: URL;
}
