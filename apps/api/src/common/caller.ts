import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { GqlExecutionContext } from '@nestjs/graphql';
import { DomainError, type Role, roleIncludes } from '@fermata/contracts';
import type { TokenCaller } from '@fermata/database';
import type { Reader } from '@fermata/database/reading';
import type { Loaders } from './loaders.js';

/** Who is asking. The workspace comes from the token and from nowhere else. */
export type Caller = TokenCaller;

/** What every resolver may use: who asks, what they may read, and their batched look-ups. */
export interface RequestContext {
  caller: Caller;
  read: Reader;
  load: Loaders;
}

const contextOf = (execution: ExecutionContext) => GqlExecutionContext.create(execution).getContext<RequestContext>();

/** The caller, for orders. */
export const CurrentCaller = createParamDecorator(
  (_: unknown, execution: ExecutionContext) => contextOf(execution).caller,
);

/** Everything the caller may read. */
export const Reading = createParamDecorator((_: unknown, execution: ExecutionContext) => contextOf(execution));

/** @throws DomainError `forbidden`, naming the role that is needed */
export function requireRole(caller: Caller, needed: Role): void {
  if (roleIncludes(caller.role, needed)) return;
  throw new DomainError(
    'forbidden',
    `this needs the role ${needed}, and your token has the role ${caller.role}; use a token with the role ${needed}`,
    { needed, role: caller.role },
  );
}

/** The description of an order, with the role it needs. */
export function orderOf(role: Role, text: string): string {
  return `${text} Needs the role ${role}.`;
}

/** @throws DomainError `not_found`: an id of another workspace is answered as an unknown one */
export function found<Value>(value: Value | null | undefined, what: string, id: string): Value {
  if (value != null) return value;
  throw new DomainError('not_found', `there is no ${what} ${id} in your workspace`, { id });
}
