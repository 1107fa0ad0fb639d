import { createInterface } from 'node:readline';
import { type Readable } from 'node:stream';

/** What bubblewrap says about a sandbox, as JSON documents on a descriptor of their own. */
export interface SandboxStatus {
  /**
   * The first process inside, by its number outside. It leads the group of the command, and the kernel ends everything
   * inside with it. Null when the sandbox could not be made.
   */
  leader: Promise<number | null>;
  /** False when the sandbox could not be made: then the exit code is bubblewrap's and not the command's. */
  hasRun: Promise<boolean>;
}

interface StatusDocument {
  'child-pid'?: number;
  'exit-code'?: number;
}

export function readSandboxStatus(stream: Readable): SandboxStatus {
  let tellLeader = (_pid: number | null): void => undefined;
  let tellRun = (_hasRun: boolean): void => undefined;
  const leader = new Promise<number | null>((resolve) => (tellLeader = resolve));
  const hasRun = new Promise<boolean>((resolve) => (tellRun = resolve));
  // A pipe that breaks has ended.
  stream.on('error', () => stream.destroy());
  const lines = createInterface({ input: stream });
  lines.on('line', (line) => {
    const { 'child-pid': pid, 'exit-code': exitCode } = parse(line);
    if (pid !== undefined) tellLeader(pid);
    if (exitCode !== undefined) tellRun(true);
  });
  lines.on('close', () => {
    tellLeader(null);
    tellRun(false);
  });
  return { leader, hasRun };
}

function parse(line: string): StatusDocument {
  try {
    return JSON.parse(line) as StatusDocument;
  } catch {
    return {};
  }
}
