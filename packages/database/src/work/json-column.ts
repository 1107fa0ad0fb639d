import type { Prisma } from '../generated/client.js';

/** A value of ours as Prisma takes it for a JSON column. Only JSON crosses, so the cast hides nothing. */
export function jsonColumn(value: object): Prisma.InputJsonValue {
  return value;
}
