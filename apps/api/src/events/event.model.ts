import { Field, ID, ObjectType } from '@nestjs/graphql';
import type { Json as JsonValue } from '@fermata/contracts';
import { connectionOf } from '../common/connection.js';
import { Cursor, DateTime, Json } from '../common/scalars.js';

@ObjectType({ description: 'One thing that happened. Every event has its place in one log for each workspace.' })
export class Event {
  @Field(() => Cursor, { description: 'Its place in the log: give it as `after` to go on behind it.' })
  cursor!: string;

  @Field(() => String, { description: '`<thing>.<past participle>`, for example `task.state_changed`.' })
  type!: string;

  @Field(() => DateTime)
  at!: Date;

  @Field(() => ID, { nullable: true })
  subjectId!: string | null;

  @Field(() => ID, { nullable: true })
  okrRunId!: string | null;

  @Field(() => ID, { nullable: true })
  taskId!: string | null;

  @Field(() => ID, { nullable: true })
  agentRunId!: string | null;

  @Field(() => Json)
  data!: JsonValue;
}

@ObjectType()
export class EventConnection extends connectionOf('Event', () => Event) {}
