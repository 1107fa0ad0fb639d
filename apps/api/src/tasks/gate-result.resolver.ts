import { Parent, ResolveField, Resolver } from '@nestjs/graphql';
import type { GateResultRow, ReviewRow } from '@fermata/database/reading';
import { AgentRun } from '../agent-runs/agent-run.model.js';
import { Blob } from '../blobs/blob.model.js';
import { Reading, type RequestContext } from '../common/caller.js';
import { GateResult } from './gate-result.model.js';
import { Review } from './review.model.js';

@Resolver(() => GateResult)
export class GateResultResolver {
  @ResolveField(() => Blob, { nullable: true, description: 'What it printed.' })
  output(@Parent() { outputDigest }: GateResultRow, @Reading() { load }: RequestContext) {
    return outputDigest === null ? null : load.blob(outputDigest);
  }
}

@Resolver(() => Review)
export class ReviewResolver {
  @ResolveField(() => AgentRun, { nullable: true, description: 'Who gave it.' })
  agentRun(@Parent() { agentRunId }: ReviewRow, @Reading() { load }: RequestContext) {
    return load.agentRun(agentRunId);
  }
}
