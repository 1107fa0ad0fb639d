import type { Database } from '../client.js';
import { sha256 } from '../digest-of.js';

/** The hash before the first entry. */
export const genesisHash = '0'.repeat(64);
const pageSize = 1_000;

export interface AuditChainCheck {
  /** Entries that were read and hold together. */
  entries: number;
  /** The sequence of the first entry that is missing, altered or cut off; null when the chain holds. */
  brokenAt: bigint | null;
}

interface Link {
  sequence: bigint;
  hash: string;
}

interface Entry {
  sequence: bigint;
  at: Date;
  actor: string;
  action: string;
  subjectId: string;
  /** Canonical JSON. */
  detail: string;
}

/** Reads a workspace's audit entries from the first to the head and computes every hash again. */
export async function verifyAuditChain(database: Database, workspaceId: string): Promise<AuditChainCheck> {
  // The head first: entries up to it were committed with it, and later ones are another check's business.
  const head = await database.ledgerHead.findUnique({ where: { workspaceId } });
  const end = head?.auditSequence ?? 0n;
  let last: Link = { sequence: 0n, hash: genesisHash };
  while (last.sequence < end) {
    const page = await database.auditEntry.findMany({
      where: { workspaceId, sequence: { gt: last.sequence, lte: end } },
      orderBy: { sequence: 'asc' },
      take: pageSize,
    });
    for (const entry of page) {
      if (!follows(entry, last)) return brokenAfter(last);
      last = entry;
    }
    if (page.length === 0) return brokenAfter(last);
  }
  const intact = (head?.auditHash ?? genesisHash) === last.hash;
  return { entries: Number(last.sequence), brokenAt: intact ? null : last.sequence };
}

function brokenAfter({ sequence }: Link): AuditChainCheck {
  return { entries: Number(sequence), brokenAt: sequence + 1n };
}

function follows(entry: Entry & Link & { previousHash: string }, last: Link): boolean {
  return (
    entry.sequence === last.sequence + 1n &&
    entry.previousHash === last.hash &&
    entry.hash === sha256(last.hash + canonicalEntry(entry))
  );
}

/** `canonicalJson` of the entry, with the detail's stored text as it is; `record_change` composes the same in SQL. */
function canonicalEntry({ sequence, at, actor, action, subjectId, detail }: Entry): string {
  const text = (value: string) => JSON.stringify(value);
  return `{"action":${text(action)},"actor":${text(actor)},"at":${text(at.toISOString())},"detail":${detail},"sequence":${sequence},"subjectId":${text(subjectId)}}`;
}
