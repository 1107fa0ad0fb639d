import { prepareDataDirectory } from './data-directory.js';
import { holdDataDirectory } from './stack-holder.js';
import { startTemporal } from './temporal/embedded-temporal.js';

export interface TestTemporalOptions {
  /** Everything the server keeps is below this directory. */
  dataDir: string;
  /** Path of the `temporal` program. */
  temporalBinary: string | undefined;
  /** Settings of the server over the ones a stack has, as `limit.historyCount.suggestContinueAsNew`. */
  dynamicConfig?: Readonly<Record<string, number | boolean>>;
}

export interface TestTemporal {
  address: string;
  namespace: string;
  stop(): Promise<void>;
}

/**
 * A Temporal server as a stack embeds it, without the rest of the stack: for tests of workflows.
 * @throws DomainError `missing_program`, and what `startStack` throws
 */
export async function startTestTemporal({ dataDir, ...options }: TestTemporalOptions): Promise<TestTemporal> {
  const namespace = 'fermata';
  const directory = await prepareDataDirectory(dataDir);
  const holder = await holdDataDirectory(directory);
  const { temporalBinary, dynamicConfig } = options;
  const settings = { dataDir, temporalNamespace: namespace, dynamicConfig, ...(temporalBinary && { temporalBinary }) };
  try {
    const { server, temporalAddress } = await startTemporal(settings, directory, holder);
    return {
      address: temporalAddress,
      namespace,
      async stop() {
        await server.stop();
        await holder.release();
      },
    };
  } catch (error) {
    await holder.release();
    throw error;
  }
}
