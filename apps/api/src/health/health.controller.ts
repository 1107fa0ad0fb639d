import { Controller, Get, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { Readiness } from './readiness.js';

@Controller()
export class HealthController {
  constructor(private readonly readiness: Readiness) {}

  /** The process is alive: nothing else is asked. */
  @Get('healthz')
  healthz() {
    return { ok: true };
  }

  /** 503, naming what is missing, while requests would fail. */
  @Get('readyz')
  async readyz(@Res({ passthrough: true }) reply: Pick<FastifyReply, 'code'>) {
    const missing = await this.readiness.missing();
    reply.code(missing.length === 0 ? 200 : 503);
    return { ready: missing.length === 0, missing };
  }
}
