import { idPrefix, IdPrefix } from '@fermata/contracts';
import type { Loaders } from './loaders.js';

type NodeLoader = (load: Loaders) => (id: string) => Promise<{ id: string } | undefined>;

/** The look-up for each kind that `nodeTypes` names. */
const nodeLoaders: Partial<Record<IdPrefix, NodeLoader>> = {
  [IdPrefix.okrRun]: (load) => load.okrRun,
  [IdPrefix.task]: (load) => load.task,
  [IdPrefix.agentRun]: (load) => load.agentRun,
  [IdPrefix.approval]: (load) => load.approval,
  [IdPrefix.changeRequest]: (load) => load.changeRequest,
  [IdPrefix.repository]: (load) => load.repository,
  [IdPrefix.agent]: (load) => load.agent,
  [IdPrefix.budget]: (load) => load.budget,
};

/** The row of any kind with this id, or null: unknown, foreign and malformed ids alike. */
export async function findNode(load: Loaders, id: string): Promise<{ id: string } | null> {
  const prefix = idPrefix(id);
  const loader = prefix && nodeLoaders[prefix];
  return (loader && (await loader(load)(id))) ?? null;
}
