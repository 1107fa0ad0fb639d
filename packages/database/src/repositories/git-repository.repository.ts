import {
  DomainError,
  EventType,
  type GateDefinition,
  type GateSource,
  IdPrefix,
  type RepositoryId,
} from '@fermata/contracts';
import type { Database, Transaction } from '../client.js';
import type { Gate, Repository } from '../generated/client.js';
import { inTransaction } from '../in-transaction.js';
import { recordChange } from '../ledger/record-change.js';
import { newId } from '../new-id.js';

export interface NewRepository {
  /** Minted by the caller where something is named after it before it is added. */
  id?: RepositoryId;
  /** Unique in the workspace. */
  name: string;
  /** A path or an URL; unique in the workspace. */
  location: string;
  /** `local`, until there are others. */
  forge: string;
  defaultBranch: string;
  gateSource: GateSource;
  /** Run in a new worktree, in this order, before anything else. */
  setupCommands: readonly string[];
  /** In the order in which they run. */
  gates: readonly GateDefinition[];
}

/** A git repository that may be worked on. */
export interface RepositoryRecord extends NewRepository {
  id: RepositoryId;
  createdAt: Date;
}

export type RepositoryRepository = ReturnType<typeof createRepositoryRepository>;

type RowWithGates = { row: Repository; gates: readonly Gate[] };

export function createRepositoryRepository(database: Database, workspaceId: string) {
  async function withGates(tx: Transaction, rows: Repository[]): Promise<RepositoryRecord[]> {
    const repositoryId = { in: rows.map(({ id }) => id) };
    const gates = await tx.gate.findMany({ where: { workspaceId, repositoryId }, orderBy: { position: 'asc' } });
    return rows.map((row) => toRecord({ row, gates: gates.filter((gate) => gate.repositoryId === row.id) }));
  }

  async function insert(tx: Transaction, repository: NewRepository, addedBy: string): Promise<void> {
    const { gates, setupCommands, ...fields } = repository;
    const id = repository.id ?? newId(IdPrefix.repository);
    const { count } = await tx.repository.createMany({
      data: { ...fields, id, workspaceId, setupCommands: [...setupCommands], createdAt: new Date() },
      skipDuplicates: true,
    });
    if (count === 0) return;
    await tx.gate.createMany({
      data: gates.map((gate, position) => ({
        ...{ id: newId(IdPrefix.gate), workspaceId, repositoryId: id, position },
        ...{ name: gate.name, command: gate.command, timeoutMs: gate.timeoutMs },
      })),
    });
    const { name, location } = fields;
    const detail = { name, location, gates: gates.map((gate) => ({ ...gate })), gateSource: fields.gateSource };
    await recordChange(tx, {
      workspaceId,
      events: [{ type: EventType.repositoryAdded, subjectId: id, data: { name, location } }],
      audit: [{ actor: addedBy, action: 'repository.add', subjectId: id, detail }],
    });
  }

  return {
    /**
     * Adds a repository with its gates. A location that is known already is returned as it is.
     * @throws DomainError `conflict` when another location has the name
     */
    add(repository: NewRepository, { addedBy }: { addedBy: string }): Promise<RepositoryRecord> {
      const { name, location } = repository;
      return inTransaction(database, async (tx) => {
        await insert(tx, repository, addedBy);
        const row = await tx.repository.findFirst({ where: { workspaceId, location } });
        if (!row) {
          throw new DomainError('conflict', `Another repository is named ${name}. Choose another name.`, { name });
        }
        const [record] = await withGates(tx, [row]);
        return record ?? toRecord({ row, gates: [] });
      });
    },

    /** @throws DomainError `not_found` */
    async get(id: string, tx: Transaction = database): Promise<RepositoryRecord> {
      const [record] = await withGates(tx, await tx.repository.findMany({ where: { id, workspaceId } }));
      if (!record) throw new DomainError('not_found', `There is no repository ${id}.`, { repositoryId: id });
      return record;
    },

    /** By name. */
    async list(): Promise<RepositoryRecord[]> {
      return withGates(
        database,
        await database.repository.findMany({ where: { workspaceId }, orderBy: { name: 'asc' } }),
      );
    },
  };
}

function toRecord({ row, gates }: RowWithGates): RepositoryRecord {
  const { id, name, location, forge, defaultBranch, gateSource, setupCommands, createdAt } = row;
  return {
    ...{ name, location, forge, defaultBranch, createdAt },
    id: id as RepositoryId,
    gateSource: gateSource as GateSource,
    setupCommands: setupCommands as string[],
    gates: gates.map((gate) => ({ name: gate.name, command: gate.command, timeoutMs: gate.timeoutMs })),
  };
}
