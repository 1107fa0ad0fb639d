import { Args, ArgsType, Field, ID, Parent, Query, ResolveField, Resolver, Subscription } from '@nestjs/graphql';
import type { EventRow } from '@fermata/database/reading';
import { Reading, type RequestContext } from '../common/caller.js';
import { PageArgs, toConnection } from '../common/connection.js';
import { encodeCursor } from '../common/cursor.js';
import { Cursor } from '../common/scalars.js';
import { eventRequest } from './event-request.js';
import { EventStream } from './event-stream.js';
import { Event, EventConnection } from './event.model.js';

@ArgsType()
class EventStreamArgs {
  @Field(() => Cursor, {
    nullable: true,
    description: 'Begin after this place; left out, with what happens from now on.',
  })
  after?: string | null;

  @Field(() => ID, { nullable: true })
  okrRunId?: string | null;
}

@Resolver(() => Event)
export class EventResolver {
  constructor(private readonly stream: EventStream) {}

  @Query(() => EventConnection, { description: 'What happened, in order, from the beginning or from a cursor on.' })
  async events(
    @Reading() { read }: RequestContext,
    @Args() page: PageArgs,
    @Args('okrRunId', { type: () => ID, nullable: true }) okrRunId?: string,
  ) {
    const rows = await read.log.events(eventRequest(page, okrRunId));
    return toConnection(rows, (row) => String(row.cursor));
  }

  @Subscription(() => Event, {
    name: 'events',
    resolve: (row: EventRow) => row,
    description:
      'What happens, as it happens, in order and without gaps. Remember the cursor of the last event: with it as `after`, a new subscription goes on where this one ended.',
  })
  follow(@Reading() context: RequestContext, @Args() { after, okrRunId }: EventStreamArgs) {
    return this.stream.follow(context, { after, okrRunId });
  }

  @ResolveField(() => Cursor)
  cursor(@Parent() event: EventRow) {
    return encodeCursor(String(event.cursor));
  }
}
