import { Field, ID, Int, ObjectType } from '@nestjs/graphql';
import type { FindingSeverity, ReviewFinding as StoredFinding, ReviewResult } from '@fermata/contracts';
import { graphqlEnum } from '../common/graphql-enum.js';
import { DateTime } from '../common/scalars.js';

const verdicts: readonly ReviewResult['verdict'][] = ['approve', 'request_changes'];
const severities: readonly FindingSeverity[] = ['blocker', 'major', 'minor'];

const verdictEnum = graphqlEnum('ReviewVerdict', verdicts, 'What a review came to.');
const severityEnum = graphqlEnum('FindingSeverity', severities, 'How much a finding weighs.');

@ObjectType()
class ReviewFinding implements StoredFinding {
  @Field(() => String)
  file!: string;

  @Field(() => Int, { nullable: true })
  line!: number | null;

  @Field(() => severityEnum)
  severity!: FindingSeverity;

  @Field(() => String)
  message!: string;
}

@ObjectType({ description: 'The verdict of a review run.' })
export class Review {
  @Field(() => ID)
  id!: string;

  @Field(() => verdictEnum)
  verdict!: string;

  @Field(() => String)
  summary!: string;

  @Field(() => [ReviewFinding])
  findings!: StoredFinding[];

  @Field(() => Int)
  attempt!: number;

  @Field(() => Int)
  round!: number;

  @Field(() => String, { nullable: true, description: 'The commit that was reviewed.' })
  commit!: string | null;

  @Field(() => DateTime)
  createdAt!: Date;
}
