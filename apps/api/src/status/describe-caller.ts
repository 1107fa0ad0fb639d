import { type RequestContext, found } from '../common/caller.js';
import type { Me } from './status.model.js';

export async function describeCaller({ caller, read }: RequestContext): Promise<Me> {
  const { principalId, role, workspaceId } = caller;
  const [principals, workspace] = await Promise.all([read.catalog.principals([principalId]), read.catalog.workspace()]);
  const { name } = found(principals.get(principalId), 'principal', principalId);
  return { principalId, name, role, workspace: found(workspace, 'workspace', workspaceId) };
}
