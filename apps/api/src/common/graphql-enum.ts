import { registerEnumType } from '@nestjs/graphql';

/**
 * Registers a GraphQL enum whose names are the values themselves, so that the API says `awaiting_approval` as
 * rows, events and documents do.
 */
export function graphqlEnum<Value extends string>(
  name: string,
  values: readonly Value[],
  description: string,
): Record<Value, Value> {
  const members = Object.fromEntries(values.map((value) => [value, value])) as Record<Value, Value>;
  registerEnumType(members, { name, description });
  return members;
}
