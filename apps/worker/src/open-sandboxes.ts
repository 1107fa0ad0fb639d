import { DomainError, SandboxMode, SandboxPurpose } from '@fermata/contracts';
import type { Git } from '@fermata/core/git';
import { scrubbedEnvironment } from '@fermata/core/processes';
import {
  createSandboxes,
  detectContainment,
  registryHosts,
  type Sandboxes,
  upstreamProxyOf,
  withoutSandboxes,
} from '@fermata/core/sandbox';
import type { Logger } from 'pino';
import { processEnvironment, type WorkerConfig } from './config.js';

/**
 * Finds out, once, whether what agents run can be contained here.
 *
 * @throws DomainError `sandbox_unavailable` when the operator demands it and it cannot be
 */
export async function openSandboxes(
  config: WorkerConfig,
  { git, hostId, logger }: { git: Git; hostId: string; logger: Logger },
): Promise<Sandboxes> {
  const env = processEnvironment();
  const environment = scrubbedEnvironment(env, { FERMATA_HOST: hostId });
  if (config.FERMATA_SANDBOX === SandboxMode.off) {
    logger.warn({ setting: 'FERMATA_SANDBOX' }, 'agents are not contained: it is switched off');
    return withoutSandboxes(environment);
  }
  const report = await detectContainment(env);
  if (report.reason !== null) {
    if (config.FERMATA_SANDBOX === SandboxMode.required) throw demanded(report.reason);
    logger.warn({ reason: report.reason }, 'agents are not contained: it cannot be done here');
    return withoutSandboxes(environment);
  }
  logger.info({ containment: report.containment, enforced: report.enforced }, 'agents are contained');
  return createSandboxes({
    ...{ report, git, environment, dataDir: config.FERMATA_DATA_DIR },
    secret: config.FERMATA_HOME === undefined ? [] : [config.FERMATA_HOME],
    readable: config.FERMATA_SANDBOX_READABLE,
    writable: config.FERMATA_SANDBOX_WRITABLE,
    limits: {
      memoryBytes: config.FERMATA_SANDBOX_MEMORY_BYTES,
      processes: config.FERMATA_SANDBOX_PROCESSES,
      cpuSeconds: config.FERMATA_SANDBOX_CPU_SECONDS,
      fileBytes: config.FERMATA_SANDBOX_FILE_BYTES,
    },
    network: {
      hosts: {
        [SandboxPurpose.work]: config.FERMATA_SANDBOX_HOSTS,
        [SandboxPurpose.setup]: [...config.FERMATA_SANDBOX_HOSTS, ...registryHosts(environment)],
      },
      upstream: upstreamProxyOf(environment),
      onVerdict: ({ host, port, allowed, purpose }) =>
        logger[allowed ? 'debug' : 'info']({ host, port, allowed, purpose }, 'a sandbox asked for a host'),
    },
  });
}

const demanded = (reason: string): DomainError =>
  new DomainError(
    'sandbox_unavailable',
    `FERMATA_SANDBOX is "required", and agents cannot be contained here: ${reason}. Put that right, or set FERMATA_SANDBOX to "auto" to run them without.`,
    { reason },
  );
