import { Field, ID, InterfaceType } from '@nestjs/graphql';
import { idPrefix, IdPrefix } from '@fermata/contracts';

/** Which GraphQL type an id's prefix stands for: the kinds `node(id)` can find. */
const nodeTypes: Partial<Record<IdPrefix, string>> = {
  [IdPrefix.okrRun]: 'OkrRun',
  [IdPrefix.task]: 'Task',
  [IdPrefix.agentRun]: 'AgentRun',
  [IdPrefix.approval]: 'Approval',
  [IdPrefix.changeRequest]: 'ChangeRequest',
  [IdPrefix.repository]: 'Repository',
  [IdPrefix.agent]: 'Agent',
  [IdPrefix.budget]: 'Budget',
};

@InterfaceType('Node', {
  description: 'Anything with an id of its own. The prefix of the id tells its kind.',
  resolveType: (value: { id: string }) => nodeTypes[idPrefix(value.id) ?? IdPrefix.workspace],
})
export abstract class Node {
  @Field(() => ID)
  id!: string;
}
