import { readdir, readFile } from 'node:fs/promises';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

/**
 * Ends every process of ours that carries `name=value` in its environment, however far it has wandered from the process
 * that started it: what a worker that was killed left running. Must be called before the worker starts any of its own.
 *
 * @returns how many processes were ended
 */
export async function endMarkedProcesses(name: string, value: string): Promise<number> {
  const marked = process.platform === 'linux' ? await fromProc(`${name}=${value}`) : await fromPs(`${name}=${value}`);
  const others = marked.filter((pid) => pid !== process.pid);
  for (const pid of others) kill(pid);
  return others.length;
}

async function fromProc(mark: string): Promise<number[]> {
  const pids = (await readdir('/proc')).filter((entry) => /^\d+$/.test(entry)).map(Number);
  const found = await Promise.all(pids.map(async (pid) => ((await environmentOf(pid)).includes(mark) ? [pid] : [])));
  return found.flat();
}

/** Empty for a process that has ended or belongs to somebody else. */
async function environmentOf(pid: number): Promise<string[]> {
  const text = await readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '');
  return text.split('\0');
}

async function fromPs(mark: string): Promise<number[]> {
  const { stdout } = await run('ps', ['-axeww', '-o', 'pid=,command='], { maxBuffer: 64 * 1024 * 1024 });
  return stdout
    .split('\n')
    .filter((line) => line.split(' ').includes(mark))
    .map((line) => Number.parseInt(line, 10));
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    // It ended by itself meanwhile.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
