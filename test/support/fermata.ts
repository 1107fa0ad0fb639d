import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { readStackRecord, type StackPorts, type StackStep } from '@fermata/stack';
import { afterAll, beforeAll, expect } from 'vitest';
import { processesThatKnow, type SeenProcess } from './processes.js';
import { until } from './until.js';

type Part = 'postgres' | 'temporal' | 'api' | 'worker';

interface Addresses {
  apiUrl: string;
  token: string;
  databaseUrl: string;
  temporalAddress: string;
  temporalNamespace: string;
}

export interface HoldOptions {
  dataDir: string;
  ports?: StackPorts;
  environment?: Record<string, string>;
}

/** How a start that did not succeed ended. */
export class StartFailed extends Error {
  constructor(readonly failure: { code: string | null; message: string }) {
    super(failure.message);
  }
}

/** A Fermata in a process of its own, seen from outside: by its API, its files and its processes. */
export class HeldFermata {
  private constructor(
    readonly options: HoldOptions,
    private readonly holder: ChildProcess,
    private readonly told: { at: Addresses; steps: readonly StackStep[] },
  ) {}

  /** Where it answers, and the admin's token. */
  get at(): Addresses {
    return this.told.at;
  }

  /** What the stack has told of itself so far. */
  get steps(): readonly StackStep[] {
    return this.told.steps;
  }

  /** @throws StartFailed with what `startFermata` said */
  static async start(options: HoldOptions): Promise<HeldFermata> {
    const { dataDir, ports, environment = {} } = options;
    const program = fileURLToPath(new URL('hold-fermata.mjs', import.meta.url));
    const holder = spawn(process.execPath, [program, JSON.stringify({ dataDir, ports })], {
      env: { ...withoutKeys(process.env), FERMATA_SWEEP_INTERVAL_MS: '2000', LOG_LEVEL: 'warn', ...environment },
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    holder.stdin.on('error', () => undefined);
    const steps: StackStep[] = [];
    const at = await new Promise<Addresses>((resolve, reject) => {
      holder.once('exit', (code, signal) => reject(new Error(`the holder ended with ${signal ?? code}`)));
      createInterface({ input: holder.stdout }).on('line', (line) => {
        const said = JSON.parse(line) as { ready?: Addresses; step?: StackStep; failed?: StartFailed['failure'] };
        if (said.step) steps.push(said.step);
        if (said.ready) resolve(said.ready);
        if (said.failed) reject(new StartFailed(said.failed));
      });
    });
    return new HeldFermata(options, holder, { at, steps });
  }

  /** The process of a part as it runs right now. */
  async pidOf(part: Part): Promise<number> {
    return until(`the process of ${part}`, async () => {
      const record = await readStackRecord(join(this.options.dataDir, 'stack.json'));
      return record?.processes[part]?.pid;
    });
  }

  /** kill -9, all of them at once; returns when each runs again. */
  kill(...parts: Part[]): Promise<void> {
    return this.untilRestarted(parts, 'SIGKILL');
  }

  /** Stopped as by SIGSTOP, all of them at once: they are there and do nothing. Returns when each runs again. */
  hang(...parts: Part[]): Promise<void> {
    return this.untilRestarted(parts, 'SIGSTOP');
  }

  private async untilRestarted(parts: readonly Part[], signal: NodeJS.Signals): Promise<void> {
    const before = await Promise.all(parts.map((part) => this.pidOf(part)));
    const restarts = (part: Part) =>
      this.steps.filter((step) => step.part === part && step.state === 'restarted').length;
    const earlier = parts.map(restarts);
    for (const pid of before) process.kill(pid, signal);
    for (const [index, part] of parts.entries())
      await until(`${part} to run again`, () => restarts(part) > (earlier[index] ?? 0), { withinMs: 90_000 });
  }

  /** kill -9 of the process that holds everything; returns when all its servers are gone. */
  async killHolder(): Promise<void> {
    const servers = await Promise.all(
      (['postgres', 'temporal', 'api', 'worker'] as const).map((part) => this.pidOf(part)),
    );
    await this.killHolderOnly();
    await until('the servers to end with their holder', async () => {
      const alive = (await this.processes()).filter(({ pid }) => servers.includes(pid));
      return alive.length === 0;
    });
  }

  /** kill -9 of the process that holds everything; what it held is still ending. */
  async killHolderOnly(): Promise<void> {
    this.holder.kill('SIGKILL');
    await once(this.holder, 'exit');
  }

  /** kill -9 of everything that runs here, as when the power fails. */
  async cutPower(): Promise<void> {
    this.holder.kill('SIGKILL');
    await until('everything to be dead', async () => {
      const alive = await this.processes();
      for (const { pid } of alive) killIfThere(pid);
      return alive.length === 0;
    });
  }

  /** Processes that have anything to do with this data directory. */
  processes(): Promise<SeenProcess[]> {
    return processesThatKnow(this.options.dataDir);
  }

  /** What agents and gates have running on this host. */
  async agentProcesses(): Promise<SeenProcess[]> {
    const hostId = (await readFile(join(this.options.dataDir, 'work', 'host-id'), 'utf8')).trim();
    return processesThatKnow(`FERMATA_HOST=${hostId}`);
  }

  /** In order. Harmless when it has ended already. */
  async stop(): Promise<void> {
    if (this.holder.exitCode === null && this.holder.signalCode === null) {
      const ended = once(this.holder, 'exit');
      this.holder.stdin?.end();
      await ended;
    }
  }
}

function killIfThere(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It ended meanwhile.
  }
}

/** Whoever has provider keys does not pay for tests. */
function withoutKeys(env: NodeJS.ProcessEnv): Record<string, string> {
  const kept = Object.entries(env).filter(
    (entry): entry is [string, string] =>
      entry[1] !== undefined && !/^(ANTHROPIC|OPENAI|DATABASE|TEMPORAL|FERMATA)_/.test(entry[0]),
  );
  return Object.fromEntries(kept);
}

/** The one Fermata of a test file. Its members are there once the hooks have run. */
export interface TestFermata {
  /** Replaced by `startAgain`. */
  held: HeldFermata;
  dataDir: string;
  /** Room for repositories, outside the data directory. */
  folder: string;
  /** Where commands of agents and gates can tell a test where they are: of all outside their worktrees only here. */
  witnesses: string;
  startAgain(): Promise<void>;
}

/**
 * A Fermata on a fresh data directory for this test file, ended afterwards also when tests fail; a process that is left
 * over then fails the file. Call it at the top of the file.
 */
export function useFermata(environment: () => Record<string, string>): TestFermata {
  const test = {} as TestFermata;
  beforeAll(async () => {
    test.folder = await mkdtemp(join(tmpdir(), 'fermata-e2e-'));
    test.dataDir = join(test.folder, 'home');
    test.witnesses = join(test.folder, 'witnesses');
    await mkdir(test.witnesses);
    // Without a sandbox the commands of these tests would not be those of a Fermata that people run.
    const contained = { FERMATA_SANDBOX: 'required', FERMATA_SANDBOX_WRITABLE: test.witnesses };
    test.startAgain = async () => {
      test.held = await HeldFermata.start({ dataDir: test.dataDir, environment: { ...contained, ...environment() } });
    };
    await test.startAgain();
  });
  afterAll(async () => {
    await test.held?.stop();
    const left = await processesThatKnow(test.dataDir);
    for (const { pid } of left) killIfThere(pid);
    if (process.env['KEEP_E2E'] === undefined) await rm(test.folder, { recursive: true, force: true });
    expect(left).toEqual([]);
  });
  return test;
}
