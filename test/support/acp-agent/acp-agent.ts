import { copyFileSync, cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type AgentPreset, presetFacts } from '@fermata/contracts';
import { afterAll, beforeAll } from 'vitest';

const root = join(import.meta.dirname, '..', '..', '..');

export interface AcpAgentLaunch {
  command: string;
  args: string[];
  env: Record<string, string>;
}

/** An agent of the Agent Client Protocol that does what a test says: the body of a function in JavaScript over `agent`. */
export interface AcpAgent {
  launch(body: string): AcpAgentLaunch;
  /**
   * Puts it where a program that we know would be.
   * @returns the folder of agents that it is in
   */
  standInFor(preset: AgentPreset, body: string): string;
}

/** Installed as npm does it: the program can be seen from a sandbox with nothing around it. */
export function useAcpAgent(): AcpAgent {
  let folder = '';
  beforeAll(() => void (folder = mkdtempSync(join(tmpdir(), 'fermata-acp-agent-'))));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const installed = (name: string): string => {
    const packages = join(folder, name, 'node_modules');
    if (existsSync(packages)) return packages;
    for (const needed of ['@agentclientprotocol/sdk', 'zod']) {
      cpSync(join(root, 'node_modules', needed), join(packages, needed), { recursive: true });
    }
    mkdirSync(join(packages, '.bin'));
    mkdirSync(join(packages, 'test-agent'));
    copyFileSync(join(import.meta.dirname, 'agent.mjs'), join(packages, 'test-agent', 'agent.mjs'));
    return packages;
  };
  return {
    launch: (body) => ({ command: join(installed('own'), 'test-agent', 'agent.mjs'), args: [body], env: {} }),
    standInFor(preset, body) {
      const packages = installed(preset);
      writeFileSync(join(packages, 'test-agent', 'body.js'), body);
      const script = `#!/bin/sh\nhere="$(dirname "$0")/../test-agent"\nexec "$here/agent.mjs" "$(cat "$here/body.js")"\n`;
      writeFileSync(join(packages, '.bin', presetFacts[preset].command), script, { mode: 0o755 });
      return folder;
    },
  };
}
