import { Inject, Injectable } from '@nestjs/common';
import { checkDatabase } from '@fermata/database/reading';
import { type Platform, platformToken } from '../common/platform.js';

const patienceMs = 2_000;

/** Whether what the API needs can be reached now. */
@Injectable()
export class Readiness {
  constructor(@Inject(platformToken) private readonly platform: Platform) {}

  /** The names of what is missing; empty when nothing is. */
  async missing(): Promise<string[]> {
    const checks: Record<string, () => Promise<unknown>> = {
      database: () => checkDatabase(this.platform.database),
      temporal: () => this.checkTemporal(),
    };
    const answers = await Promise.all(
      Object.entries(checks).map(async ([name, check]) => ((await this.isThere(name, check)) ? [] : [name])),
    );
    return answers.flat();
  }

  private async isThere(name: string, check: () => Promise<unknown>): Promise<boolean> {
    try {
      await inTime(check());
      return true;
    } catch (error) {
      this.platform.logger.warn({ needed: name, err: error }, 'not ready');
      return false;
    }
  }

  private checkTemporal(): Promise<unknown> {
    const { temporal, config } = this.platform;
    const { connection } = temporal;
    return connection.withDeadline(Date.now() + patienceMs, () =>
      connection.workflowService.describeNamespace({ namespace: config.temporalNamespace }),
    );
  }
}

async function inTime(work: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${patienceMs} ms`)), patienceMs);
  });
  try {
    await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
