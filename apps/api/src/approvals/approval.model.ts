import { Field, ID, ObjectType } from '@nestjs/graphql';
import { ApprovalKind, ApprovalState, type Json as JsonValue } from '@fermata/contracts';
import { connectionOf } from '../common/connection.js';
import { graphqlEnum } from '../common/graphql-enum.js';
import { Node } from '../common/node.model.js';
import { DateTime, Json } from '../common/scalars.js';

export const approvalStateEnum = graphqlEnum(
  'ApprovalState',
  Object.values(ApprovalState),
  'Where a question stands. `void`: what it asked about changed before anyone decided.',
);
const approvalKindEnum = graphqlEnum('ApprovalKind', Object.values(ApprovalKind), 'What is asked of a person.');

@ObjectType({ implements: () => [Node], description: 'Something that waits for a person. All kinds share one inbox.' })
export class Approval implements Node {
  @Field(() => ID)
  id!: string;

  @Field(() => approvalStateEnum)
  state!: string;

  @Field(() => approvalKindEnum)
  kind!: string;

  @Field(() => String)
  title!: string;

  @Field(() => ID)
  subjectId!: string;

  @Field(() => String, { description: 'SHA-256 of what is approved. Give it back with the decision.' })
  digest!: string;

  @Field(() => Json, {
    description:
      'Everything the digest covers and what else a person needs: the whole plan, where its gates come from, its estimate.',
  })
  detail!: JsonValue;

  @Field(() => String, { description: 'A principal, or `fermata`.' })
  requestedBy!: string;

  @Field(() => DateTime)
  requestedAt!: Date;

  @Field(() => DateTime, { description: 'Unanswered then, the answer is no.' })
  expiresAt!: Date;

  @Field(() => String, { nullable: true })
  decidedBy!: string | null;

  @Field(() => DateTime, { nullable: true })
  decidedAt!: Date | null;

  @Field(() => String, { nullable: true })
  reason!: string | null;

  @Field(() => String, { nullable: true, description: 'What was answered to a question or a measurement.' })
  answer!: string | null;
}

@ObjectType()
export class ApprovalConnection extends connectionOf('Approval', () => Approval) {}

@ObjectType()
export class DecideApprovalPayload {
  @Field(() => Approval)
  approval!: Approval;
}
