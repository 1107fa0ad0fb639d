import { Query, Resolver } from '@nestjs/graphql';
import { Reading, type RequestContext } from '../common/caller.js';
import { describeCaller } from './describe-caller.js';
import { Me, Status } from './status.model.js';

@Resolver()
export class StatusResolver {
  @Query(() => Status)
  status(@Reading() { read }: RequestContext) {
    return read.status.status();
  }

  @Query(() => Me)
  me(@Reading() context: RequestContext) {
    return describeCaller(context);
  }
}
