import { Field, ID, Int, ObjectType } from '@nestjs/graphql';
import { ChangeRequestState } from '@fermata/contracts';
import { connectionOf } from '../common/connection.js';
import { graphqlEnum } from '../common/graphql-enum.js';
import { Node } from '../common/node.model.js';
import { DateTime } from '../common/scalars.js';

export const changeRequestStateEnum = graphqlEnum(
  'ChangeRequestState',
  Object.values(ChangeRequestState),
  'Where a change request stands.',
);

@ObjectType({ implements: () => [Node], description: 'What the work on a task becomes: one for each attempt.' })
export class ChangeRequest implements Node {
  @Field(() => ID)
  id!: string;

  @Field(() => changeRequestStateEnum)
  state!: string;

  @Field(() => String, { description: '`local`: a branch of the repository itself.' })
  kind!: string;

  @Field(() => Int)
  attempt!: number;

  @Field(() => String)
  title!: string;

  @Field(() => String)
  body!: string;

  @Field(() => String)
  branch!: string;

  @Field(() => String)
  targetBranch!: string;

  @Field(() => String)
  baseCommit!: string;

  @Field(() => String)
  headCommit!: string;

  @Field(() => String, { nullable: true, description: 'The commit on the target branch.' })
  mergedCommit!: string | null;

  @Field(() => DateTime)
  createdAt!: Date;

  @Field(() => DateTime, { nullable: true })
  mergedAt!: Date | null;

  @Field(() => DateTime, { nullable: true })
  closedAt!: Date | null;
}

@ObjectType()
export class ChangeRequestConnection extends connectionOf('ChangeRequest', () => ChangeRequest) {}
