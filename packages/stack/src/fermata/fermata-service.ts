import { join } from 'node:path';
import type { DataDirectory } from '../data-directory.js';
import { endings } from '../processes/end-process.mjs';
import { startOnFreePorts } from '../service/start-on-free-ports.js';
import { SupervisedServer } from '../service/supervised-server.js';
import type { StackHolder } from '../stack-holder.js';
import type { StackStep } from '../stack.js';

export interface ServiceOptions {
  part: 'api' | 'worker';
  program: string;
  /** Everything it is told, besides its port. */
  env: Record<string, string>;
  /** The name of the variable that tells it its port. */
  portVariable: string;
  port?: number | undefined;
  onProgress: (step: StackStep) => void;
  signal?: AbortSignal | undefined;
}

export interface Service {
  server: SupervisedServer;
  url: string;
}

/** Runs a program of ours as a supervised server that answers on `/healthz`. */
export function startService(options: ServiceOptions, directory: DataDirectory, holder: StackHolder): Promise<Service> {
  const { part, program, env, portVariable, onProgress, signal } = options;
  const wish = { name: part, configured: options.port, remembered: holder.ports[part] };
  return startOnFreePorts([wish], async ([port = 0]) => {
    const url = `http://127.0.0.1:${port}`;
    const server = new SupervisedServer({
      part,
      address: `127.0.0.1:${port}`,
      dataPath: directory.root,
      command: {
        program: process.execPath,
        args: ['--enable-source-maps', program],
        cwd: directory.root,
        env: { ...env, [portVariable]: String(port) },
        logFile: join(directory.logs, `${part}.log`),
        endsWithUs: true,
      },
      ending: endings.service,
      isReady: async () => (await statusOf(`${url}/healthz`)) === 200,
      answers: async () => (await statusOf(`${url}/healthz`)) !== null,
      onProcess: (known) => holder.recordProcess(part, known),
      onProgress,
    });
    await server.start(signal);
    await holder.rememberPorts({ [part]: port });
    return { server, url };
  });
}

/** Null when nothing answers. */
async function statusOf(url: string): Promise<number | null> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(4_000) });
    await response.arrayBuffer();
    return response.status;
  } catch {
    return null;
  }
}
