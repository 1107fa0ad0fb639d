import { GraphQLError, GraphQLScalarType, Kind, valueFromASTUntyped } from 'graphql';

/** An instant, given out as ISO 8601 in UTC. */
export const DateTime = new GraphQLScalarType<Date, string>({
  name: 'DateTime',
  description: 'An instant in UTC as ISO 8601, for example 2026-01-31T09:30:00.000Z.',
  serialize: (value) => (value instanceof Date ? value.toISOString() : String(value)),
  parseValue: instant,
  parseLiteral: (node) => instant(node.kind === Kind.STRING ? node.value : null),
});

/** Integer millionths of a US dollar: as a JSON number, exact up to nine billion dollars. */
export const MicroUsd = new GraphQLScalarType<number, number>({
  name: 'MicroUsd',
  description: 'Integer millionths of a US dollar: 1500000 is $1.50.',
  serialize: (value) => (typeof value === 'bigint' ? Number(value) : wholeNumber(value)),
  parseValue: wholeNumber,
  parseLiteral: (node) => {
    return wholeNumber(node.kind === Kind.INT ? Number(node.value) : null);
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
  throw new GraphQLError(
    'MicroUsd is an integer of millionths of a US dollar, so an amount has at most six decimals: 1500000 is $1.50',
  );
}

/** A time without a zone would mean another instant on each machine. */
const zonedTime = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2})$/;

function instant(value: unknown): Date {
  const date = typeof value === 'string' && zonedTime.test(value) ? new Date(value) : null;
  if (date !== null && !Number.isNaN(date.getTime())) return date;
  throw new GraphQLError('DateTime is an instant as ISO 8601 with its zone, like 2026-01-31T09:30:00Z');
}

function text(value: unknown): string {
  if (typeof value === 'string') return value;
  throw new GraphQLError('Cursor is a string');
}
