import { Field, ID, ObjectType } from '@nestjs/graphql';
import type { Json as JsonValue } from '@fermata/contracts';
import { connectionOf } from '../common/connection.js';
import { DateTime, Json } from '../common/scalars.js';

@ObjectType({ description: 'Who did what. Each entry carries the hash of the one before it.' })
export class AuditEntry {
  @Field(() => String, { description: 'Its number in the chain, from 1.' })
  sequence!: string;

  @Field(() => DateTime)
  at!: Date;

  @Field(() => String, { description: 'A principal, or `fermata` for what a workflow did by itself.' })
  actor!: string;

  @Field(() => String)
  action!: string;

  @Field(() => ID)
  subjectId!: string;

  @Field(() => Json)
  detail!: JsonValue;

  @Field(() => String)
  previousHash!: string;

  @Field(() => String)
  hash!: string;
}

@ObjectType()
export class AuditEntryConnection extends connectionOf('AuditEntry', () => AuditEntry) {}
