import { Field, ID, InputType } from '@nestjs/graphql';
import { graphqlEnum } from '../common/graphql-enum.js';

const decisions = ['APPROVE', 'DENY'] as const;
export type Decision = (typeof decisions)[number];

const decisionEnum = graphqlEnum('Decision', decisions, 'Yes or no.');

@InputType()
export class DecideApprovalInput {
  @Field(() => ID)
  approvalId!: string;

  @Field(() => String, { description: 'The digest of what you saw. A decision about anything else is refused.' })
  digest!: string;

  @Field(() => decisionEnum)
  decision!: Decision;

  @Field(() => String, { nullable: true })
  reason?: string | null;

  @Field(() => String, { nullable: true, description: 'The answer to a question, or the value of a measurement.' })
  answer?: string | null;

  @Field(() => Boolean, {
    nullable: true,
    description:
      'With a yes to a tool call: adds the rule that the question shows as `always` to the policy of the agent. Needs the role admin.',
  })
  remember?: boolean | null;
}
