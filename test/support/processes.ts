import { readdir, readFile, readlink } from 'node:fs/promises';

export interface SeenProcess {
  pid: number;
  command: string;
}

/**
 * Running processes, other than this one, that carry the text in their command line, environment or working directory.
 * Reads /proc, so it sees nothing on other systems than Linux.
 */
export async function processesThatKnow(text: string): Promise<SeenProcess[]> {
  const entries = await readdir('/proc').catch(() => []);
  const pids = entries.filter((entry) => /^\d+$/.test(entry) && Number(entry) !== process.pid);
  const seen = await Promise.all(pids.map((pid) => look(pid, text)));
  return seen.filter((one) => one !== null);
}

async function look(pid: string, text: string): Promise<SeenProcess | null> {
  const quietly = (read: Promise<string>) => read.catch(() => '');
  const [command, environment, folder, status] = await Promise.all([
    quietly(readFile(`/proc/${pid}/cmdline`, 'utf8')),
    quietly(readFile(`/proc/${pid}/environ`, 'utf8')),
    quietly(readlink(`/proc/${pid}/cwd`)),
    quietly(readFile(`/proc/${pid}/stat`, 'utf8')),
  ]);
  // One that has ended and that nobody has asked about yet is not running.
  if (/\) [ZX] /.test(status)) return null;
  const knows = [command, environment, folder].some((part) => part.includes(text));
  return knows ? { pid: Number(pid), command: command.replaceAll('\0', ' ').trim() } : null;
}
