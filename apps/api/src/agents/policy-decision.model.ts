import { Field, ObjectType } from '@nestjs/graphql';
import { PolicyEffect } from '@fermata/contracts';
import { graphqlEnum } from '../common/graphql-enum.js';

const effectEnum = graphqlEnum(
  'PolicyEffect',
  Object.values(PolicyEffect),
  'What is done about an operation: it happens, a person is asked first, or it does not happen.',
);

@ObjectType({ description: 'One simple command of a command line, and what was found about it.' })
export class JudgedCommand {
  @Field(() => [String], { description: 'Its words; `…` stands for what is known only when it runs.' })
  argv!: string[];

  @Field(() => [String], { description: 'Through what it was reached, outermost first. Empty when written plainly.' })
  from!: string[];

  @Field(() => effectEnum)
  effect!: PolicyEffect;

  @Field(() => String)
  rule!: string;
}

@ObjectType()
export class PolicyDecision {
  @Field(() => effectEnum)
  effect!: PolicyEffect;

  @Field(() => String, { description: '`rule 3`, counted from 1, `deny-table: <danger>`, or `mode: <mode>`.' })
  rule!: string;

  @Field(() => String)
  reason!: string;

  @Field(() => [String], {
    description: 'Each of these a rule would have to name to decide in place of the deny table.',
  })
  dangers!: string[];

  @Field(() => [JudgedCommand])
  commands!: JudgedCommand[];
}
