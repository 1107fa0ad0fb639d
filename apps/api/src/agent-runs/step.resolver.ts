import { Parent, ResolveField, Resolver } from '@nestjs/graphql';
import type { AgentStepRow } from '@fermata/database/reading';
import { Blob } from '../blobs/blob.model.js';
import { Reading, type RequestContext } from '../common/caller.js';
import { Cost, Usage } from '../common/cost.model.js';
import { costOfStep, usageOfStep } from '../common/cost.js';
import { reasonIn } from './steps.js';
import { Step } from './step.model.js';

@Resolver(() => Step)
export class StepResolver {
  @ResolveField(() => Blob, { nullable: true })
  input(@Parent() { inputDigest }: AgentStepRow, @Reading() { load }: RequestContext) {
    return inputDigest === null ? null : load.blob(inputDigest);
  }

  @ResolveField(() => Blob, { nullable: true })
  output(@Parent() { outputDigest }: AgentStepRow, @Reading() { load }: RequestContext) {
    return outputDigest === null ? null : load.blob(outputDigest);
  }

  @ResolveField(() => String, {
    nullable: true,
    description: 'Why this model was asked, where its agent has a policy.',
  })
  modelReason(@Parent() { modelChoice }: AgentStepRow) {
    return reasonIn(modelChoice);
  }

  @ResolveField(() => Usage, { nullable: true, description: 'Null for steps that are no model calls.' })
  usage(@Parent() step: AgentStepRow) {
    return usageOfStep(step);
  }

  @ResolveField(() => Cost, { nullable: true, description: 'Null for steps that are no model calls.' })
  cost(@Parent() step: AgentStepRow) {
    return costOfStep(step);
  }
}
