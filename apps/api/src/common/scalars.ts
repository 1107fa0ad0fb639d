import { GraphQLError, GraphQLScalarType, Kind, valueFromASTUntyped } from 'graphql';

/** An instant, given out as ISO 8601 in UTC. */
export const DateTime = new GraphQLScalarType({
  name: 'DateTime',
  description: 'An instant in UTC as ISO 8601, for example 2026-01-31T09:30:00.000Z.',
  serialize: (value) => (value instanceof Date ? value.toISOString() : String(value)),
});

/** Integer millionths of a US dollar: as a JSON number, exact up to nine billion dollars. */
export const MicroUsd = new GraphQLScalarType<number, number>({
  name: 'MicroUsd',
  description: 'Integer millionths of a US dollar: 1500000 is $1.50.',
  serialize: (value) => (typeof value === 'bigint' ? Number(value) : wholeNumber(value)),
  parseValue: wholeNumber,
  parseLiteral: (node) => {
    if (node.kind !== Kind.INT) throw new GraphQLError('MicroUsd is an integer of millionths of a US dollar');
    return wholeNumber(Number(node.value));
  },
});

/** Any JSON value, as it is. */
export const Json = new GraphQLScalarType({
  name: 'JSON',
  description: 'Any JSON value.',
  serialize: (value) => value,
  parseValue: (value) => value,
  parseLiteral: (node, variables) => valueFromASTUntyped(node, variables),
});

/** A place in a list or in the event log. */
export const Cursor = new GraphQLScalarType<string, string>({
  name: 'Cursor',
  description: 'A place in a list or in the event log. Opaque: give back what you were given.',
  serialize: String,
  parseValue: text,
  parseLiteral: (node) => {
    if (node.kind !== Kind.STRING) throw new GraphQLError('Cursor is a string');
    return node.value;
  },
});

function wholeNumber(value: unknown): number {
  if (typeof value === 'number' && Number.isSafeInteger(value)) return value;
  throw new GraphQLError('MicroUsd is an integer of millionths of a US dollar');
}

function text(value: unknown): string {
  if (typeof value === 'string') return value;
  throw new GraphQLError('Cursor is a string');
}
