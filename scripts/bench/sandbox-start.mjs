import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createGit } from '@fermata/core/git';
import { installProcessHost, runProcess, scrubbedEnvironment } from '@fermata/core/processes';
import { createSandboxes, detectContainment } from '@fermata/core/sandbox';
import { makeSampleRepository } from '../demo/sample-repository.mjs';
import { distribution } from './statistics.mjs';

const target = { p95: 50 };
const order = { worktreeId: 'task_bench', purpose: 'work' };

/**
 * How long it takes until a program that does nothing has run in the sandbox of a worktree, all that a tool call does for it
 * included; and the same program without a sandbox. No rows on a machine that has none.
 */
export async function measureSandbox(_bench, { calls = 100, warmUp = 10 } = {}) {
  const report = await detectContainment(process.env);
  if (report.reason !== null) {
    process.stderr.write(`  no sandbox here: ${report.reason}\n`);
    return [];
  }
  const folder = await mkdtemp(join(tmpdir(), 'fermata-bench-sandbox-'));
  const host = installProcessHost();
  const world = await openWorld(folder, report);
  try {
    const [contained, plain] = [[], []];
    for (let count = 0; count < warmUp + calls; count += 1) {
      const times = await timesOf(world);
      if (count < warmUp) continue;
      contained.push(times.contained);
      plain.push(times.plain);
    }
    return [
      distribution('sandbox_start', 'ms', contained, target),
      distribution('process_start_without_sandbox', 'ms', plain),
    ];
  } finally {
    await world.sandboxes.close();
    host.close();
    await rm(folder, { recursive: true, force: true });
  }
}

async function timesOf({ sandboxes, path, environment }) {
  const nothing = { command: 'true', cwd: path, env: environment };
  const first = performance.now();
  await sandboxes.within(order, (place) => runProcess({ ...nothing, ...place }));
  const second = performance.now();
  await runProcess(nothing);
  return { contained: second - first, plain: performance.now() - second };
}

async function openWorld(folder, report) {
  const location = join(folder, 'sample');
  await makeSampleRepository(location);
  const environment = scrubbedEnvironment(process.env, { FERMATA_HOST: 'bench' });
  const dataDir = join(folder, 'data');
  const git = createGit({ dataDir, env: process.env });
  const { headCommit } = await git.syncMirror({ repositoryId: 'repo_bench', location });
  const prepared = {
    repositoryId: 'repo_bench',
    worktreeId: order.worktreeId,
    branch: 'bench',
    baseCommit: headCommit,
  };
  const { path } = await git.prepareWorktree(prepared);
  const sandboxes = await createSandboxes({
    ...{ report, git, environment, dataDir, secret: [], readable: [], writable: [] },
    limits: { memoryBytes: 1024 ** 3, processes: 256, cpuSeconds: 600, fileBytes: 1024 ** 3 },
    network: { hosts: { work: [], setup: [] } },
  });
  return { sandboxes, path, environment };
}
