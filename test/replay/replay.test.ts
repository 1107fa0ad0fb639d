import { readdir, readFile, writeFile, mkdtemp, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { bundleWorkflowCode, DefaultLogger, Runtime, Worker, type WorkflowBundleOption } from '@temporalio/worker';
import { DeterminismViolationError } from '@temporalio/workflow';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const require = createRequire(import.meta.url);
const folder = path.join(import.meta.dirname, 'histories');
const names = (await readdir(folder)).filter((name) => name.endsWith('.json'));

/** As the worker bundles it: the interceptors of OpenTelemetry are part of what replays. */
async function bundle(workflowsPath: string): Promise<WorkflowBundleOption> {
  const interceptors = '@temporalio/interceptors-opentelemetry-v2/lib/workflow-interceptors';
  return bundleWorkflowCode({
    workflowsPath,
    workflowInterceptorModules: [require.resolve(interceptors)],
    logger: new DefaultLogger('ERROR'),
  });
}

/** Spans of a replay go nowhere. */
const sinks = { exporter: { export: { fn: () => undefined, callDuringReplay: false } } };

async function history(name: string): Promise<unknown> {
  return JSON.parse(await readFile(path.join(folder, name), 'utf8')) as unknown;
}

/** Decodes what the payloads of a history carry. */
function payloadsOf(text: string): string[] {
  return [...text.matchAll(/"data":\s*"([^"]+)"/g)].map(([, data]) => Buffer.from(data ?? '', 'base64').toString());
}

let workflowBundle: WorkflowBundleOption;
beforeAll(async () => {
  Runtime.install({ logger: new DefaultLogger('ERROR') });
  workflowBundle = await bundle(require.resolve('@fermata/workflows'));
});

describe('recorded histories', () => {
  it('are of every workflow, and of runs with a repair, a pause, a cancel, a crash, a denial, a queue, an MCP server and a subtask', () => {
    const types = ['agentRun', 'changeRequest', 'okrRun', 'taskRun'];
    for (const scenario of ['repaired', 'paused', 'crashed']) {
      expect(names).toEqual(expect.arrayContaining(types.map((type) => `${scenario}.${type}.json`)));
    }
    expect(names).toEqual(
      expect.arrayContaining([
        'cancelled.okrRun.json',
        'cancelled.taskRun.json',
        'cancelled.agentRun.json',
        'denied.okrRun.json',
        'queued.changeRequest.json',
        'served.agentRun.json',
        'parted.agentRun.json',
        'repositoryInspection.json',
        'sweep.json',
      ]),
    );
  });

  it.each(names)('%s replays on the present code', async (name) => {
    await Worker.runReplayHistory({ workflowBundle, sinks }, await history(name));
  });

  it.each(names)('%s tells nothing of the machine it was recorded on', async (name) => {
    const text = await readFile(path.join(folder, name), 'utf8');
    const all = [text, ...payloadsOf(text)].join('\n');
    expect(all.match(/"identity": "(?!recorded")[^"]*"/)).toBeNull();
    expect(all).not.toContain(path.resolve(import.meta.dirname, '../..'));
    expect(all.match(/\/(?:home|root|Users)\/[^"\s]*/)).toBeNull();
    expect(all.match(/postgres(?:ql)?:\/\/|sk-[A-Za-z0-9]{8}|API_KEY/)).toBeNull();
  });
});

describe('the gate', () => {
  let draft: string;
  beforeAll(async () => {
    draft = await mkdtemp(path.join(tmpdir(), 'fermata-replay-'));
  });
  afterAll(() => rm(draft, { recursive: true, force: true }));

  /** The present code with one thing changed. */
  async function changed(name: string, change: (code: string) => string): Promise<WorkflowBundleOption> {
    const { code } = workflowBundle as { code: string };
    const other = change(code);
    expect(other).not.toBe(code);
    const codePath = path.join(draft, `${name}.cjs`);
    await writeFile(codePath, other);
    return { codePath };
  }

  it('catches a workflow that calls an activity of another name', async () => {
    const other = await changed('renamed', (code) => code.replaceAll('queuePlanning', 'queueThePlanning'));
    await expect(
      Worker.runReplayHistory({ workflowBundle: other, sinks }, await history('repaired.okrRun.json')),
    ).rejects.toThrow(DeterminismViolationError);
  });

  it('catches a workflow that leaves a step out', async () => {
    const other = await changed('shorter', (code) =>
      code.replaceAll(/await [\w.]*taskSteps\.moveTask\(\{[^}]*'review'[^}]*\}\);/g, ''),
    );
    await expect(
      Worker.runReplayHistory({ workflowBundle: other, sinks }, await history('repaired.taskRun.json')),
    ).rejects.toThrow(DeterminismViolationError);
  });

  it('catches a workflow that is gone', async () => {
    const other = await changed('gone', (code) => code.replaceAll('changeRequest: () =>', 'landing: () =>'));
    await expect(
      Worker.runReplayHistory({ workflowBundle: other, sinks }, await history('repaired.changeRequest.json')),
    ).rejects.toThrow();
  });
});
