import { Args, ID, Query, Resolver } from '@nestjs/graphql';
import { found, Reading, type RequestContext } from './caller.js';
import { findNode } from './find-node.js';
import { Node } from './node.model.js';

@Resolver(() => Node)
export class NodeResolver {
  @Query(() => Node, { nullable: true, description: 'Anything with an id of its own, by that id.' })
  async node(@Reading() { load }: RequestContext, @Args('id', { type: () => ID }) id: string) {
    return found(await findNode(load, id), 'item', id);
  }
}
