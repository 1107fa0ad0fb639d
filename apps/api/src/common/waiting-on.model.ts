import { Field, ID, ObjectType } from '@nestjs/graphql';
import { WaitKind, type WaitingOn as Waiting } from '@fermata/contracts';
import { graphqlEnum } from './graphql-enum.js';
import { DateTime } from './scalars.js';

export const waitKindEnum = graphqlEnum(
  'WaitKind',
  Object.values(WaitKind),
  'What an item waits for. `work`: a process is doing it right now.',
);

@ObjectType('WaitingOn', { description: 'Why an item has not ended yet. Null only for items that have.' })
export class WaitingOnModel implements Waiting {
  @Field(() => waitKindEnum)
  kind!: Waiting['kind'];

  @Field(() => DateTime)
  since!: string;

  @Field(() => String, { description: 'One sentence for a person.' })
  detail!: string;

  @Field(() => [String], { description: 'Roles or parties that can release it: `approver`, `operator`, `fermata`.' })
  releasableBy!: string[];

  @Field(() => ID, { nullable: true, description: 'The approval, task or budget it waits for.' })
  subjectId?: string;

  @Field(() => DateTime, { nullable: true, description: 'When it is tried again by itself, where that is known.' })
  until?: string;
}
