import { join } from 'node:path';
import type { DataDirectory } from '../data-directory.js';
import { endOrphans } from '../processes/end-orphans.js';
import { endings } from '../processes/end-process.mjs';
import type { ServerSpec } from '../service/supervised-server.js';
import { probeNamespace } from './probe-namespace.js';

/**
 * The dev server's defaults hold every sequential activity back by about 100 ms and let bursts stall for seconds
 * (measured: 9 to 14 ms a step with these). Production servers need the same keys.
 */
const dynamicConfig = {
  'history.transferProcessorMaxPollRPS': 2000,
  'history.timerProcessorMaxPollRPS': 2000,
  'history.visibilityProcessorMaxPollRPS': 2000,
  'system.enableActivityEagerExecution': true,
  'matching.numTaskqueueReadPartitions': 1,
  'matching.numTaskqueueWritePartitions': 1,
  'matching.useNewMatcher': true,
};

const sqlitePragmas = ['journal_mode=wal', 'synchronous=normal'];

/** By these, and by nothing personal, workflows can be found in Temporal. */
export const searchAttributes = ['fermataWorkspace', 'fermataOkrRun', 'fermataTask', 'fermataRepository'] as const;

export interface TemporalServerOptions {
  program: string;
  port: number;
  uiPort: number;
  namespace: string;
  /** Settings of the server over our own, by key. */
  dynamicConfig?: Readonly<Record<string, number | boolean>> | undefined;
}

/** How to run the Temporal dev server on its database below the data directory. */
export function temporalServer(
  { program, port, uiPort, namespace, dynamicConfig: changed }: TemporalServerOptions,
  directory: DataDirectory,
): Omit<ServerSpec, 'onProcess' | 'onProgress'> {
  const address = `127.0.0.1:${port}`;
  return {
    part: 'temporal',
    address,
    dataPath: directory.temporal,
    command: {
      program,
      args: [
        ...['server', 'start-dev', '--ip', '127.0.0.1', '--port', String(port), '--ui-port', String(uiPort)],
        ...['--db-filename', directory.temporalDatabase, '--namespace', namespace, '--log-level', 'warn'],
        ...sqlitePragmas.flatMap((pragma) => ['--sqlite-pragma', pragma]),
        ...searchAttributes.flatMap((name) => ['--search-attribute', `${name}=Keyword`]),
        ...Object.entries({ ...dynamicConfig, ...changed }).flatMap(([key, value]) => [
          '--dynamic-config-value',
          `${key}=${value}`,
        ]),
      ],
      cwd: directory.temporal,
      // Its own configuration files and variables of the user are for the user's servers: HOME keeps it off both.
      env: { HOME: directory.temporal },
      logFile: join(directory.logs, 'temporal.log'),
    },
    ending: endings.temporal,
    beforeStart: async () => {
      await endOrphans(directory, 'temporal');
    },
    isReady: async () => (await probeNamespace(address, namespace)) === 'registered',
    answers: async () => (await probeNamespace(address, namespace, 4_000)) !== 'unreachable',
  };
}
