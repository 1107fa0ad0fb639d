import { Field, InputType, Int } from '@nestjs/graphql';

@InputType()
export class GateInput {
  @Field(() => String)
  name!: string;

  @Field(() => String, { description: 'Run in a shell with the worktree as its folder.' })
  command!: string;

  @Field(() => Int, { nullable: true, description: 'From 1000 to 3600000; 600000 when left out.' })
  timeoutMs?: number | null;
}

@InputType()
export class AddRepositoryInput {
  @Field(() => String, { description: "Absolute path on the worker's host, or a URL without a login." })
  location!: string;

  @Field(() => String, { nullable: true, description: "The folder's name when left out." })
  name?: string | null;

  @Field(() => [GateInput], { nullable: true, description: 'Left out: gates are detected. An empty list: none.' })
  gates?: GateInput[] | null;

  @Field(() => [String], { nullable: true })
  setupCommands?: string[] | null;

  @Field(() => String, { description: 'Chosen by you: asking again with the same one gives the same repository.' })
  clientRequestId!: string;
}
