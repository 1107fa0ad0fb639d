import { buildSchema, parse } from 'graphql';
import { describe, expect, it } from 'vitest';
import { measureQuery } from './query-cost.js';

const schema = buildSchema(`
  interface Node { id: ID }
  type Query { item: Item node: Node items(first: Int! = 20): Items! }
  type Items { nodes: [Item!]! pageInfo: PageInfo! }
  type PageInfo { more: Boolean }
  type Item implements Node { id: ID name: String tags: [Tag!]! items(first: Int! = 20): Items! }
  type Tag { id: ID }
`);
const measure = (query: string, variables?: Record<string, unknown>) => measureQuery(schema, parse(query), variables);

describe('the measure of a query', () => {
  it('counts each field and how deep they lie', () => {
    expect(measure('{ item { id name } }')).toEqual({ cost: 3, depth: 2 });
  });

  it('multiplies what is below a page by its size: written, a variable, or left out', () => {
    const cost = (first: number) => 1 + 1 + first * 1;
    expect(measure('{ items(first: 7) { nodes { id } } }').cost).toBe(cost(7));
    expect(measure('query ($n: Int!) { items(first: $n) { nodes { id } } }', { n: 50 }).cost).toBe(cost(50));
    expect(measure('{ items { nodes { id } } }').cost).toBe(cost(20));
    expect(measure('query ($n: Int = 100) { items(first: $n) { nodes { id } } }').cost).toBe(cost(100));
  });

  it('does not multiply what is said once for each page', () => {
    expect(measure('{ items(first: 9) { pageInfo { more } } }').cost).toBe(3);
  });

  it('multiplies pages within pages and takes a plain list for five', () => {
    expect(measure('{ items(first: 10) { nodes { items(first: 10) { nodes { id } } } } }').cost).toBe(
      2 + 10 * (2 + 10),
    );
    expect(measure('{ item { tags { id } } }').cost).toBe(1 + 1 + 5);
  });

  it('sees through fragments, aliases and type conditions, and cannot be made cheaper by a negative page', () => {
    expect(measure('{ item { ...F } } fragment F on Item { id name }').cost).toBe(3);
    expect(measure('{ a: item { id } b: item { id } }').cost).toBe(4);
    expect(measure('{ node { ... on Item { items(first: 3) { nodes { id } } } } }')).toEqual({
      cost: 1 + 2 + 3,
      depth: 4,
    });
    expect(measure('{ items(first: -1000) { nodes { id } } a: items(first: 3) { nodes { id } } }').cost).toBe(3 + 5);
  });

  it('takes the dearest operation of a document, and no time for fragments that double each other', () => {
    expect(measure('query A { item { id } } query B { items { nodes { id } } }').cost).toBe(22);
    const doubling = Array.from(
      { length: 60 },
      (_, n) => `fragment F${n} on Item { items(first: 1) { nodes { ...F${n + 1} ...F${n + 1} } } }`,
    );
    const { cost } = measure(`{ item { ...F0 } } ${doubling.join(' ')} fragment F60 on Item { id }`);
    expect(cost).toBeGreaterThan(2 ** 60);
  });

  it('leaves introspection to the rules of GraphQL', () => {
    expect(measure('{ __schema { types { fields { name } } } item { __typename } }')).toEqual({ cost: 3, depth: 1 });
  });
});
