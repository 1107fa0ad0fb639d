import { Query, Resolver } from '@nestjs/graphql';
import { Reading, type RequestContext } from '../common/caller.js';
import { describeCaller } from './describe-caller.js';
import { readStatus } from './read-status.js';
import { Me, Status } from './status.model.js';

@Resolver()
export class StatusResolver {
  @Query(() => Status)
  status(@Reading() context: RequestContext) {
    return readStatus(context);
  }

  @Query(() => Me)
  me(@Reading() context: RequestContext) {
    return describeCaller(context);
  }
}
