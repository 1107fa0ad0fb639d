import { chmodSync, copyFileSync, cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll } from 'vitest';

const root = join(import.meta.dirname, '..', '..', '..');

/**
 * An agent of the Agent Client Protocol that does what a test says, installed as npm does it: the program can be seen from
 * a sandbox with nothing around it.
 * @returns how it is started, to do what `body` says: JavaScript over `agent`
 */
export function useAcpAgent(): (body: string, env?: Record<string, string>) => AcpAgentLaunch {
  let folder = '';
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'fermata-acp-agent-'));
    const packages = join(folder, 'node_modules');
    for (const name of ['@agentclientprotocol/sdk', 'zod']) {
      cpSync(join(root, 'node_modules', name), join(packages, name), { recursive: true });
    }
    mkdirSync(join(packages, 'test-agent'));
    copyFileSync(join(import.meta.dirname, 'agent.mjs'), join(packages, 'test-agent', 'agent.mjs'));
    chmodSync(join(packages, 'test-agent', 'agent.mjs'), 0o755);
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return (body, env = {}) => ({ command: join(folder, 'node_modules', 'test-agent', 'agent.mjs'), args: [body], env });
}

export interface AcpAgentLaunch {
  command: string;
  args: string[];
  env: Record<string, string>;
}
