import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { type BeforeApplicationShutdown, Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { GraphQLSchemaHost } from '@nestjs/graphql';
import { isDomainError } from '@fermata/contracts';
import { type ExecutionArgs, GraphQLError, parse, validate } from 'graphql';
import { type Context, handleProtocols, type SubscribePayload } from 'graphql-ws';
import { type Extra, useServer } from 'graphql-ws/use/ws';
import { WebSocketServer } from 'ws';
import type { Caller } from '../common/caller.js';
import { formatErrors } from '../common/graphql-error.js';
import { refuseTooComplex } from '../common/query-limits.js';
import { createRequestContext } from '../common/request-context.js';
import { type Platform, platformToken } from '../common/platform.js';
import { maxTokens } from './graphql-options.js';

interface Connection extends Extra, Record<PropertyKey, unknown> {
  caller?: Caller;
}
type SocketContext = Context<Record<string, unknown> | undefined, Connection>;

const path = '/graphql';
const unauthorizedClose = 4401;

/**
 * GraphQL over WebSocket (graphql-transport-ws). The token comes with the upgrade or in `connection_init`, and is
 * looked up again for every operation. What is sent waits for the reader, so a slow one costs no memory.
 */
@Injectable()
export class GraphqlSocket implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private stop: () => Promise<void> = () => Promise.resolve();

  constructor(
    @Inject(platformToken) private readonly platform: Platform,
    private readonly schemaHost: GraphQLSchemaHost,
    private readonly adapterHost: HttpAdapterHost,
  ) {}

  onApplicationBootstrap(): void {
    const sockets = new WebSocketServer({
      noServer: true,
      maxPayload: this.platform.config.maxBodyBytes,
      handleProtocols,
    });
    const server = this.adapterHost.httpAdapter.getHttpServer() as Server;
    const onUpgrade = (request: IncomingMessage, socket: Duplex, head: Buffer) => {
      if (request.url?.split('?')[0] !== path) {
        socket.end('HTTP/1.1 404 Not Found\r\nconnection: close\r\ncontent-length: 0\r\n\r\n');
        return;
      }
      sockets.handleUpgrade(request, socket, head, (opened) => sockets.emit('connection', opened, request));
    };
    server.on('upgrade', onUpgrade);
    const served = this.serve(sockets);
    this.stop = async () => {
      server.off('upgrade', onUpgrade);
      await served.dispose();
    };
  }

  /** Subscribers are told to go away; they come back with their last cursor. */
  async beforeApplicationShutdown(): Promise<void> {
    await this.stop();
  }

  private serve(sockets: WebSocketServer) {
    return useServer<Record<string, unknown> | undefined, Connection>(
      {
        onConnect: (context) => this.admit(context),
        onSubscribe: (context, _id, payload) => this.prepare(context, payload),
        onNext: (...[, , , , { data, errors }]) => ({
          data: data ?? null,
          ...(errors && { errors: formatErrors(errors, this.platform.logger) }),
        }),
        onError: (...[, , , errors]) => formatErrors(errors, this.platform.logger),
      },
      sockets,
    );
  }

  private async admit({ connectionParams, extra }: SocketContext): Promise<boolean> {
    try {
      extra.caller = await this.platform.authenticator.authenticate(authorizationOf(connectionParams, extra.request));
      return true;
    } catch (error) {
      if (!isDomainError(error)) this.platform.logger.error({ err: error }, 'authentication failed');
      extra.socket.close(unauthorizedClose, 'unauthenticated');
      return false;
    }
  }

  /** What `graphql` is asked to run, checked as over HTTP; or why not. */
  private async prepare(context: SocketContext, payload: SubscribePayload): Promise<ExecutionArgs | GraphQLError[]> {
    try {
      const caller = await this.platform.authenticator.authenticate(
        authorizationOf(context.connectionParams, context.extra.request),
      );
      const { schema } = this.schemaHost;
      const document = parse(payload.query, { maxTokens });
      const problems = validate(schema, document);
      if (problems.length > 0) return [...problems];
      const variableValues = payload.variables ?? {};
      refuseTooComplex({ schema, document, variables: variableValues }, this.platform.config);
      const contextValue = createRequestContext(this.platform.database, caller);
      return { schema, document, variableValues, operationName: payload.operationName, contextValue };
    } catch (error) {
      return [asGraphqlError(error)];
    }
  }
}

function authorizationOf(params: Readonly<Record<string, unknown>> | undefined, request: IncomingMessage): unknown {
  return params?.['Authorization'] ?? params?.['authorization'] ?? request.headers.authorization;
}

function asGraphqlError(error: unknown): GraphQLError {
  if (error instanceof GraphQLError) return error;
  const originalError = error instanceof Error ? error : new Error(String(error));
  return new GraphQLError(originalError.message, { originalError });
}
