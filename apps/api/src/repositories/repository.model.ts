import { Field, ID, Int, ObjectType } from '@nestjs/graphql';
import type { GateSource } from '@fermata/contracts';
import { connectionOf } from '../common/connection.js';
import { graphqlEnum } from '../common/graphql-enum.js';
import { Node } from '../common/node.model.js';
import { DateTime } from '../common/scalars.js';

const gateSources: readonly GateSource[] = ['declared', 'detected', 'none'];

const gateSourceEnum = graphqlEnum(
  'GateSource',
  gateSources,
  'Where the gates come from. `none`: nothing checks the work before it is merged.',
);

@ObjectType({ description: 'A command of the repository that must pass.' })
export class Gate {
  @Field(() => String)
  name!: string;

  @Field(() => String)
  command!: string;

  @Field(() => Int)
  timeoutMs!: number;
}

@ObjectType({ implements: () => [Node], description: 'A git repository that may be worked on.' })
export class Repository implements Node {
  @Field(() => ID)
  id!: string;

  @Field(() => String)
  name!: string;

  @Field(() => String, { description: "Path on the worker's host." })
  location!: string;

  @Field(() => String)
  forge!: string;

  @Field(() => String)
  defaultBranch!: string;

  @Field(() => gateSourceEnum)
  gateSource!: GateSource;

  @Field(() => [String], { description: 'Run in a new worktree before an agent begins.' })
  setupCommands!: string[];

  @Field(() => DateTime)
  createdAt!: Date;
}

@ObjectType()
export class RepositoryConnection extends connectionOf('Repository', () => Repository) {}

@ObjectType()
export class AddRepositoryPayload {
  @Field(() => Repository)
  repository!: Repository;
}
