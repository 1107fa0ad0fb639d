import { type Type } from '@nestjs/common';
import { ArgsType, Field, Int, ObjectType } from '@nestjs/graphql';
import type { PageRequest } from '@fermata/database/reading';
import { decodeCursor, encodeCursor } from './cursor.js';
import { Cursor } from './scalars.js';
import { DomainError } from '@fermata/contracts';

/** The most items one page may have. */
const maxPageSize = 100;
/** The size of a page when the caller names none. */
export const defaultPageSize = 20;

@ObjectType({ description: 'Where a page stands in its list.' })
class PageInfo {
  @Field(() => Boolean, { description: 'More items follow.' })
  hasNextPage!: boolean;

  @Field(() => Cursor, { nullable: true, description: 'Give it as `after` for the next page.' })
  endCursor!: string | null;
}

@ArgsType()
export class PageArgs {
  @Field(() => Int, { defaultValue: defaultPageSize, description: `How many, from 1 to ${maxPageSize}.` })
  first!: number;

  @Field(() => Cursor, { nullable: true, description: 'Begin after this place.' })
  after?: string | null;
}

interface Edge<Item> {
  cursor: string;
  node: Item;
}

/** A page in Relay's shape. */
export interface Connection<Item> {
  edges: Edge<Item>[];
  nodes: Item[];
  pageInfo: PageInfo;
}

/** The GraphQL types `<Name>Connection` and `<Name>Edge` for a node type: extend the class returned. */
export function connectionOf<Item extends object>(
  name: string,
  nodeType: () => Type<Item>,
): abstract new () => Connection<Item> {
  @ObjectType(`${name}Edge`)
  class NodeEdge {
    @Field(() => Cursor)
    cursor!: string;

    @Field(nodeType)
    node!: Item;
  }

  @ObjectType({ isAbstract: true })
  abstract class NodeConnection {
    @Field(() => [NodeEdge])
    edges!: NodeEdge[];

    @Field(() => [nodeType()], { description: 'The items without their cursors.' })
    nodes!: Item[];

    @Field(() => PageInfo)
    pageInfo!: PageInfo;
  }
  return NodeConnection;
}

/**
 * The page asked for, with the cursor read.
 * @throws DomainError `invalid_input` for a size out of range or a cursor that is none of ours
 */
export function pageRequest({ first, after }: PageArgs): PageRequest {
  if (first < 1 || first > maxPageSize) {
    throw new DomainError('invalid_input', `first must be from 1 to ${maxPageSize}, not ${first}`, { first });
  }
  return { first, after: after == null ? null : decodeCursor(after) };
}

/** Dresses a page of rows as a connection; `keyOf` says by which text a row is found again. */
export function toConnection<Item>(
  page: { rows: readonly Item[]; hasNextPage: boolean },
  keyOf: (row: Item) => string,
): Connection<Item> {
  const edges = page.rows.map((node) => ({ cursor: encodeCursor(keyOf(node)), node }));
  return {
    edges,
    nodes: [...page.rows],
    pageInfo: { hasNextPage: page.hasNextPage, endCursor: edges.at(-1)?.cursor ?? null },
  };
}
