import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { AgentRunKind, Json } from '@fermata/contracts';
import { scrubbedEnvironment } from '../processes/index.js';
import { runTool } from './run-tool.js';
import type { ToolContext, ToolOutcome } from './tool.js';

export interface TestWorktree {
  path: string;
  /** A folder beside the worktree, which no tool may reach. */
  outside: string;
  put(path: string, content: string | Buffer): void;
  /** Runs a tool as a work run does. */
  run(name: string, input: Json, options?: Partial<ToolContext> & { kind?: AgentRunKind }): Promise<ToolOutcome>;
  remove(): void;
}

/** A real linked worktree of a real repository, as agents have. */
export function createTestWorktree(): TestWorktree {
  const base = realpathSync(mkdtempSync(join(tmpdir(), 'fermata-tools-')));
  const [main, path, outside] = [join(base, 'main'), join(base, 'tree'), join(base, 'outside')];
  mkdirSync(outside);
  writeFileSync(join(outside, 'secret.txt'), 'the secret\n');
  const env = { ...scrubbedEnvironment(process.env), GIT_CONFIG_GLOBAL: '/dev/null' };
  const identity = ['-c', 'user.name=Test', '-c', 'user.email=test@example.invalid'];
  const git = (...args: string[]): void => void execFileSync('git', args, { cwd: base, env });
  git('init', '-q', main);
  git('-C', main, ...identity, 'commit', '-q', '--allow-empty', '-m', 'first');
  git('-C', main, 'worktree', 'add', '-q', path);
  const put = (file: string, content: string | Buffer): void => {
    mkdirSync(dirname(join(path, file)), { recursive: true });
    writeFileSync(join(path, file), content);
  };
  return {
    path,
    outside,
    put,
    run: (name, input, { kind = 'work', ...options } = {}) =>
      runTool(
        { kind, name, input },
        { worktree: path, env, signal: new AbortController().signal, outputCapBytes: 65_536, ...options },
      ),
    remove: () => rmSync(base, { recursive: true, force: true }),
  };
}
