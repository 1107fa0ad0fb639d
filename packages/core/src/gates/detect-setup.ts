import { pythonSetup } from './build-tools.js';
import { nodeSetup } from './node-project.js';
import { readProject } from './project.js';

/**
 * The commands that install what the gates need, in order. A worktree is a fresh checkout without its dependencies;
 * Cargo and Go fetch theirs by themselves. Empty when everything is there.
 */
export async function detectSetupCommands(root: string): Promise<string[]> {
  const project = await readProject(root);
  return [nodeSetup(project), pythonSetup(project)].filter((command) => command !== null);
}
