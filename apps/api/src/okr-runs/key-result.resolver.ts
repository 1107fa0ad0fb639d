import { Parent, ResolveField, Resolver } from '@nestjs/graphql';
import type { KeyResultMeasurementRow, KeyResultRow } from '@fermata/database/reading';
import { Blob } from '../blobs/blob.model.js';
import { Reading, type RequestContext } from '../common/caller.js';
import { Evidence, KeyResult } from './key-result.model.js';

@Resolver(() => KeyResult)
export class KeyResultResolver {
  @ResolveField(() => [Evidence], { description: 'What was measured, and how.' })
  async evidence(@Parent() keyResult: KeyResultRow, @Reading() { load }: RequestContext) {
    return (await load.measurementsOfKeyResult(keyResult.id)) ?? [];
  }
}

@Resolver(() => Evidence)
export class EvidenceResolver {
  @ResolveField(() => Blob, { nullable: true, description: 'What the command printed.' })
  output(@Parent() { outputDigest }: KeyResultMeasurementRow, @Reading() { load }: RequestContext) {
    return outputDigest === null ? null : load.blob(outputDigest);
  }
}
