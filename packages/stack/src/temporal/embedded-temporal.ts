import { DomainError } from '@fermata/contracts';
import type { DataDirectory } from '../data-directory.js';
import { endOrphans } from '../processes/end-orphans.js';
import { startOnFreePorts } from '../service/start-on-free-ports.js';
import { SupervisedServer } from '../service/supervised-server.js';
import type { StackHolder } from '../stack-holder.js';
import type { StackOptions } from '../stack.js';
import { temporalServer, type TemporalServerOptions } from './temporal-server.js';

export interface EmbeddedTemporal {
  server: SupervisedServer;
  temporalAddress: string;
  temporalUiUrl: string;
}

/** Starts the Temporal dev server with its web UI on the database file of the data directory. */
export async function startTemporal(
  options: StackOptions & { temporalNamespace: string } & Pick<TemporalServerOptions, 'dynamicConfig'>,
  directory: DataDirectory,
  holder: StackHolder,
): Promise<EmbeddedTemporal> {
  const report = options.onProgress ?? (() => undefined);
  const program = options.temporalBinary;
  if (program === undefined) {
    throw new DomainError(
      'missing_program',
      'There is no Temporal server. Put the `temporal` CLI on PATH, run `npm start` once in the clone (it fetches one), or set TEMPORAL_ADDRESS to a server of your own.',
      { program: 'temporal' },
    );
  }
  for (const detail of await endOrphans(directory, 'temporal'))
    report({ part: 'temporal', state: 'recovered', detail });
  const { ports = {} } = options;
  const wishes = [
    { name: 'temporal', configured: ports.temporal, remembered: holder.ports.temporal },
    { name: 'temporalUi', configured: ports.temporalUi, remembered: holder.ports.temporalUi },
  ];
  return startOnFreePorts(wishes, async ([port = 0, uiPort = 0]) => {
    const server = new SupervisedServer({
      ...temporalServer(
        { program, port, uiPort, namespace: options.temporalNamespace, dynamicConfig: options.dynamicConfig },
        directory,
      ),
      onProcess: (known) => holder.recordProcess('temporal', known),
      onProgress: report,
    });
    await server.start(options.signal);
    try {
      await holder.rememberPorts({ temporal: port, temporalUi: uiPort });
      return { server, temporalAddress: `127.0.0.1:${port}`, temporalUiUrl: `http://127.0.0.1:${uiPort}` };
    } catch (error) {
      await server.stop();
      throw error;
    }
  });
}
