import { Args, ID, Parent, Query, ResolveField, Resolver } from '@nestjs/graphql';
import type { AuditEntryRow } from '@fermata/database/reading';
import { Reading, type RequestContext } from '../common/caller.js';
import { PageArgs, pageRequest, toConnection } from '../common/connection.js';
import { Json } from '../common/scalars.js';
import { AuditEntry, AuditEntryConnection } from './audit-entry.model.js';
import { auditPageRequest } from './audit-page.js';

@Resolver(() => AuditEntry)
export class AuditResolver {
  @Query(() => AuditEntryConnection, { description: 'Who did what, newest first.' })
  async auditEntries(
    @Reading() { read }: RequestContext,
    @Args() page: PageArgs,
    @Args('subjectId', { type: () => ID, nullable: true }) subjectId?: string,
  ) {
    const entries = await read.log.auditEntries(auditPageRequest(pageRequest(page)), subjectId ?? undefined);
    return toConnection(entries, (entry) => String(entry.sequence));
  }

  @ResolveField(() => String)
  sequence(@Parent() entry: AuditEntryRow) {
    return String(entry.sequence);
  }

  @ResolveField(() => Json)
  detail(@Parent() entry: AuditEntryRow): unknown {
    return JSON.parse(entry.detail);
  }
}
