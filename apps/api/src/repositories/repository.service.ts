import { Inject, Injectable } from '@nestjs/common';
import { carriesLogin, type GateDefinition, loginRefused, type RepositoryRequest } from '@fermata/contracts';
import type { Database } from '@fermata/database';
import { createReader } from '@fermata/database/reading';
import { z } from 'zod';
import { type Caller, found, requireRole } from '../common/caller.js';
import { clientRequestIdSchema, parseInput } from '../common/parse-input.js';
import { databaseToken } from '../common/tokens.js';
import { RepositoryInspector } from '../temporal/repository-inspector.js';
import type { AddRepositoryInput } from './repository.input.js';

const gateName = z
  .string()
  .regex(/^[a-z0-9][a-z0-9_-]{0,39}$/, 'must be lower-case letters, digits, - and _, at most 40');
const command = z.string().trim().min(1).max(2_000);

const schema = z.object({
  // Before anything keeps it: the workflow's input is kept too.
  location: z
    .string()
    .trim()
    .min(1)
    .max(4_096)
    .refine((location) => !carriesLogin(location), loginRefused),
  name: z.string().trim().min(1).max(100).nullish(),
  gates: z
    .array(z.object({ name: gateName, command, timeoutMs: z.number().int().min(1_000).max(3_600_000).nullish() }))
    .max(50)
    .refine((gates) => new Set(gates.map(({ name }) => name)).size === gates.length, 'two gates have the same name')
    .nullish(),
  setupCommands: z.array(command).max(50).nullish(),
  clientRequestId: clientRequestIdSchema,
});

const defaultTimeoutMs = 600_000;

@Injectable()
export class RepositoryService {
  constructor(
    @Inject(databaseToken) private readonly database: Database,
    private readonly inspector: RepositoryInspector,
  ) {}

  async add(caller: Caller, input: AddRepositoryInput) {
    requireRole(caller, 'admin');
    const { clientRequestId, ...asked } = parseInput(schema, input);
    const request = requestOf(caller, asked);
    const id = await this.inspector.inspect({ request, clientRequestId });
    const { catalog } = createReader(this.database, caller.workspaceId);
    return { repository: found((await catalog.repositories([id])).get(id), 'repository', id) };
  }
}

function requestOf(caller: Caller, asked: Omit<z.infer<typeof schema>, 'clientRequestId'>): RepositoryRequest {
  const { location, name, gates, setupCommands } = asked;
  return {
    workspaceId: caller.workspaceId,
    principalId: caller.principalId,
    location,
    ...(name != null && { name }),
    ...(gates != null && {
      gates: gates.map((gate): GateDefinition => ({ ...gate, timeoutMs: gate.timeoutMs ?? defaultTimeoutMs })),
    }),
    ...(setupCommands != null && { setupCommands }),
  };
}
