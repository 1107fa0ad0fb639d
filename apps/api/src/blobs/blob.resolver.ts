import { Args, Parent, Query, ResolveField, Resolver } from '@nestjs/graphql';
import type { BlobSummary } from '@fermata/database/reading';
import { found, Reading, type RequestContext } from '../common/caller.js';
import { Blob, TextArgs, TextPage } from './blob.model.js';
import { maxTextLimit, textPage } from './text-page.js';

@Resolver(() => Blob)
export class BlobResolver {
  @Query(() => Blob, { nullable: true })
  async blob(@Reading() { load }: RequestContext, @Args('digest', { type: () => String }) digest: string) {
    return found(await load.blob(digest), 'blob', digest);
  }

  @ResolveField(() => TextPage, { description: `The text, in pages of at most ${maxTextLimit} characters.` })
  async text(@Parent() blob: BlobSummary, @Reading() { load }: RequestContext, @Args() request: TextArgs) {
    return textPage((await load.text(blob.digest)) ?? '', request);
  }
}
